"""The directions stage: generator and taggers in; a measured direction for each attribute out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.directions.nodes import fit_directions, judge_edits, train_measurer


def measurer_pipeline() -> Pipeline:
    """The measurer alone; the directions and evaluate stages share it."""
    return Pipeline(
        [
            Node(
                func=train_measurer,
                inputs=["measurer_before", "params:measurer"],
                outputs=["measurer", "measurer_report"],
                name="train_measurer",
                tags=["directions", "evaluate"],
            )
        ]
    )


def create_pipeline() -> Pipeline:
    """`generator` and `tagger` in; `directions`, `directions_report` and `edits_report` out."""
    nodes = [
        Node(
            func=fit_directions,
            inputs=["generator", "tagger", "params:directions.fit"],
            outputs="directions",
            name="fit_directions",
        ),
        Node(
            func=judge_edits,
            inputs=["generator", "generator_card", "tagger", "directions", "measurer", "params:directions.judge"],
            outputs=["directions_report", "edits_report"],
            name="judge_edits",
        ),
    ]
    return measurer_pipeline() + Pipeline(nodes, tags=["directions"])

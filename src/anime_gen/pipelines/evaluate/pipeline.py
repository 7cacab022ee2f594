"""The evaluate stage: how good, how diverse and how original the generator is, and what its sliders do."""

from kedro.pipeline import Node, Pipeline

from anime_gen.evaluation.pictures.sheets import SHEETS
from anime_gen.pipelines.directions.pipeline import measurer_pipeline
from anime_gen.pipelines.evaluate.nodes import draw_sweeps, judge_generator


def create_pipeline() -> Pipeline:
    """`generator`, `directions` and real faces in; `generator_report` and sheets of pictures out."""
    nodes = [
        Node(
            func=judge_generator,
            inputs=["generator", "generator_card", "measurer", "face_store", "face_index", "params:evaluate"],
            outputs={"report": "generator_report", **{name: f"{name}_sheet" for name in SHEETS}},
            name="judge_generator",
        ),
        Node(
            func=draw_sweeps,
            inputs=["generator", "generator_card", "directions", "measurer", "params:evaluate"],
            outputs="sweeps_sheet",
            name="draw_sweeps",
        ),
    ]
    return measurer_pipeline() + Pipeline(nodes, tags=["evaluate"])

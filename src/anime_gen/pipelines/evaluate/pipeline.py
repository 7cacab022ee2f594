"""The evaluate stage: how good, how diverse and how original the generator is, and what its sliders do."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.directions.pipeline import measurer_pipeline
from anime_gen.pipelines.evaluate.nodes import draw_sweeps, judge_generator


def create_pipeline() -> Pipeline:
    """`generator_info`, `directions_info` and real faces in; `generator_report` and `sweep_sheet` out."""
    nodes = [
        Node(
            func=judge_generator,
            inputs=[
                "generator_info",
                "measurer_report",
                "face_store",
                "face_index",
                "data_folder",
                "params:evaluate",
            ],
            outputs="generator_report",
            name="judge_generator",
        ),
        Node(
            func=draw_sweeps,
            inputs=["generator_info", "directions_info", "measurer_report", "data_folder", "params:evaluate"],
            outputs="sweep_sheet",
            name="draw_sweeps",
        ),
    ]
    return measurer_pipeline() + Pipeline(nodes, tags=["evaluate"])

"""The train stage: faces in, generator out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.train.nodes import train_generator


def create_pipeline() -> Pipeline:
    """`face_store`, `face_index`, `tags` and `taggers` in; `generator_info` out, the weights beside it."""
    return Pipeline(
        [
            Node(
                func=train_generator,
                inputs=[
                    "face_store",
                    "face_index",
                    "tags",
                    "taggers",
                    "params:attributes",
                    "data_folder",
                    "params:train",
                ],
                outputs="generator_info",
                name="train_generator",
            )
        ],
        tags=["train"],
    )

"""The train stage: faces in, generator out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.train.nodes import train_generator


def create_pipeline() -> Pipeline:
    """Faces, their tags and the sub-models in; both networks, a card and a sheet of samples out."""
    return Pipeline(
        [
            Node(
                func=train_generator,
                inputs=[
                    "face_store",
                    "face_index",
                    "tags",
                    "tagger",
                    "params:attributes",
                    "training_runs",
                    "params:train",
                ],
                outputs=["generator", "discriminator", "generator_card", "training_samples"],
                name="train_generator",
            )
        ],
        tags=["train"],
    )

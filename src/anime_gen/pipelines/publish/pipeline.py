"""The publish stage: everything that was made in; a registered model version out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.publish.nodes import publish_bundle, write_bundle


def create_pipeline() -> Pipeline:
    """Networks and reports in; `bundle` and `publish_report` out."""
    return Pipeline(
        [
            Node(
                func=write_bundle,
                inputs=[
                    "generator",
                    "discriminator",
                    "tagger",
                    "directions",
                    "generator_card",
                    "data_card",
                    "generator_report",
                    "tagging_report",
                    "directions_report",
                    "face_store",
                    "face_index",
                    "params:publish",
                ],
                outputs="bundle",
                name="write_bundle",
            ),
            Node(
                func=publish_bundle,
                inputs=["bundle", "measurer", "face_store", "face_index", "tracking_store", "params:publish"],
                outputs="publish_report",
                name="publish_bundle",
            ),
        ],
        tags=["publish"],
    )

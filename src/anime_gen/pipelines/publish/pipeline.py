"""The publish stage: everything that was made in; a registered model version out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.publish.nodes import note_originals, publish_bundle, write_bundle


def create_pipeline() -> Pipeline:
    """Networks and reports in; `bundle_info` and `publish_report` out, the bundle beside them."""
    return Pipeline(
        [
            Node(
                func=note_originals,
                inputs=["face_store", "face_index", "data_folder"],
                outputs="originals_info",
                name="note_originals",
            ),
            Node(
                func=write_bundle,
                inputs=[
                    "generator_info",
                    "taggers",
                    "directions_info",
                    "originals_info",
                    "data_card",
                    "generator_report",
                    "tagging_report",
                    "directions_report",
                    "data_folder",
                    "params:publish",
                ],
                outputs="bundle_info",
                name="write_bundle",
            ),
            Node(
                func=publish_bundle,
                inputs=[
                    "bundle_info",
                    "measurer_report",
                    "face_store",
                    "face_index",
                    "data_folder",
                    "tracking_store",
                    "params:publish",
                ],
                outputs="publish_report",
                name="publish_bundle",
            ),
        ],
        tags=["publish"],
    )

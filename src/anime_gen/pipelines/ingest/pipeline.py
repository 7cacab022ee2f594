"""The ingest stage: any source in, a face store out."""

from kedro.pipeline import Node, Pipeline

from anime_gen.pipelines.ingest.nodes import ingest_faces


def create_pipeline() -> Pipeline:
    """Parameters and the folder of stores in; `face_store`, `face_index` and what was said about them out."""
    return Pipeline(
        [
            Node(
                ingest_faces,
                ["params:source", "params:faces", "params:attributes", "params:tag.labels", "face_stores"],
                ["face_store", "face_index", "rejects", "ingest_report", "data_card"],
                name="ingest_faces",
            )
        ],
        tags=["ingest"],
    )

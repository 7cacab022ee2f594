"""The tag stage: one namespaced sub-model a group, bound together, then run over all faces."""

from kedro.pipeline import Node, Pipeline

from anime_gen.attributes import GROUPS
from anime_gen.pipelines.tag.nodes import assemble_tagger, tag_faces, train_sub_model


def create_pipeline() -> Pipeline:
    """`face_store` and `face_index` in; `taggers`, `tags` and `tagging_report` out."""
    return sum((_sub_model(group) for group in GROUPS), Pipeline([])) + _together()


def _sub_model(group: str) -> Pipeline:
    """The nodes of one group, named `tag.<group>....`."""
    shared = ["params:attributes", "params:tag.training", "params:tag.labels"]
    node = Node(
        train_sub_model,
        ["face_store", "face_index", "data_folder", *shared, "params:sub_model"],
        "sub_model",
        name="train_sub_model",
    )
    return Pipeline(
        [node],
        namespace=f"tag.{group}",
        inputs={"face_store", "face_index", "data_folder"},
        outputs={"sub_model": f"{group}_sub_model"},
        parameters=set(shared),
        tags=["tag"],
    )


def _together() -> Pipeline:
    cards = [f"{group}_sub_model" for group in GROUPS]
    return Pipeline(
        [
            Node(
                assemble_tagger,
                ["params:attributes", "data_folder", "params:train", *cards],
                ["taggers", "tagging_report"],
                name="assemble_tagger",
            ),
            Node(
                tag_faces,
                ["taggers", "face_store", "face_index", "data_folder", "params:tag.tagging"],
                "tags",
                name="tag_faces",
            ),
        ],
        tags=["tag"],
    )

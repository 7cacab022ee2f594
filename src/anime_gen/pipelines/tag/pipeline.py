"""The tag stage: one namespaced sub-model a group, bound together, then run over all faces."""

from kedro.pipeline import Node, Pipeline

from anime_gen.attributes import GROUPS
from anime_gen.pipelines.tag.nodes import assemble_tagger, tag_faces, train_sub_model


def create_pipeline() -> Pipeline:
    """`face_store` and `face_index` in, answers of the Label page too; `tagger`, `tags` and `tagging_report` out."""
    return sum((_sub_model(group) for group in GROUPS), Pipeline([])) + _together()


def _sub_model(group: str) -> Pipeline:
    """The nodes of one group, named `tag.<group>....`."""
    faces = ["face_store", "face_index", "label_answers"]
    shared = ["params:attributes", "params:tag.training", "params:tag.labels"]
    node = Node(
        train_sub_model,
        [*faces, "before", "tagging_work", *shared, "params:sub_model"],
        "sub_model",
        name="train_sub_model",
    )
    return Pipeline(
        [node],
        namespace=f"tag.{group}",
        inputs={name: name for name in (*faces, "tagging_work")} | {"before": f"{group}_sub_model_before"},
        outputs={"sub_model": f"{group}_sub_model"},
        parameters=set(shared),
        tags=["tag"],
    )


def _together() -> Pipeline:
    groups = [f"{group}_sub_model" for group in GROUPS]
    return Pipeline(
        [
            Node(
                assemble_tagger,
                ["params:attributes", "params:train", *groups],
                ["tagger", "tagging_report"],
                name="assemble_tagger",
            ),
            Node(
                tag_faces,
                ["tagger", "face_store", "face_index", "tagging_work", "params:tag.tagging"],
                "tags",
                name="tag_faces",
            ),
        ],
        tags=["tag"],
    )

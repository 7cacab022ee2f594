import anime_gen.pipeline_registry as registry

FOLDERS = {"face_stores", "tagging_work", "training_runs"}


def free(name: str) -> set[str]:
    """Inputs of a pipeline that no node of it makes, parameters aside."""
    inputs = registry.register_pipelines()[name].inputs()
    return {one for one in inputs if not one.startswith("params:")}


def test_every_stage_and_the_whole_chain_have_a_name():
    pipelines = registry.register_pipelines()
    assert set(pipelines) == {"ingest", "tag", "train", "directions", "evaluate", "publish", "__default__"}
    assert all(pipeline.nodes for pipeline in pipelines.values())


def test_tag_and_train_bring_the_pictures_they_need():
    pipelines = registry.register_pipelines()
    for name in ("tag", "train"):
        assert {node.name for node in pipelines["ingest"].nodes} <= {node.name for node in pipelines[name].nodes}


def test_the_whole_chain_needs_nothing_but_parameters_places_and_what_was_there_before():
    before = {name for name in free("__default__") if name.endswith("_before")}
    assert free("__default__") == FOLDERS | before | {"label_answers", "tracking_store"}
    assert before >= {"hair_sub_model_before", "measurer_before"}

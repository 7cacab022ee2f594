import anime_gen.pipeline_registry as registry


def test_every_stage_and_the_whole_chain_have_a_name():
    pipelines = registry.register_pipelines()
    assert set(pipelines) == {"ingest", "tag", "train", "directions", "evaluate", "publish", "__default__"}
    assert all(pipeline.nodes for pipeline in pipelines.values())


def test_tag_and_train_bring_the_pictures_they_need():
    pipelines = registry.register_pipelines()
    for name in ("tag", "train"):
        assert {node.name for node in pipelines["ingest"].nodes} <= {node.name for node in pipelines[name].nodes}
        assert not {free for free in pipelines[name].inputs() if not free.startswith("params:")} - {"data_folder"}


def test_the_whole_chain_needs_nothing_but_parameters_and_places():
    free = registry.register_pipelines()["__default__"].inputs()
    assert {name for name in free if not name.startswith("params:")} == {"data_folder", "tracking_store"}

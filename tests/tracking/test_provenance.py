import shlex

import pytest

from anime_gen.project.known import known_parameters
from anime_gen.project.option import read_params
from anime_gen.tracking.provenance import kedro_command

SOURCE = {"kind": "folder", "path": "my faces, cut"}


def test_every_option_is_in_the_command():
    run = {
        "pipeline_names": ["tag", "train"],
        "env": "smoke",
        "node_names": ("tag.hair.train_sub_model",),
        "namespaces": ["tag.hair"],
        "tags": ("tag",),
        "from_nodes": ["a"],
        "to_nodes": ["b"],
        "from_inputs": ["bundle_info"],
        "to_outputs": ["rejects"],
        "load_versions": {"tags": "2026-11-22T10.00.00.000Z"},
        "only_missing_outputs": True,
        "runtime_params": {"tag": {"hair": {"sub_model": {"epochs": 1}}}},
    }
    line = {"conf_source": "my conf", "runner": "ThreadRunner", "is_async": True, "runner_params": {}}
    assert shlex.split(kedro_command(run, {}, line)) == [
        "kedro",
        "run",
        "--pipelines=tag,train",
        "--env=smoke",
        "--conf-source=my conf",
        "--nodes=tag.hair.train_sub_model",
        "--namespaces=tag.hair",
        "--tags=tag",
        "--from-nodes=a",
        "--to-nodes=b",
        "--from-inputs=bundle_info",
        "--to-outputs=rejects",
        "--load-versions=tags:2026-11-22T10.00.00.000Z",
        "--runner=ThreadRunner",
        "--runner-params=is_async=true",
        "--only-missing-outputs",
        "--params=tag.hair.sub_model.epochs=1",
    ]


@pytest.mark.parametrize(
    "source",
    [
        {"licence": "CC BY 4.0 (c) Ann", "count": 40},
        {"licence": "CC BY 4.0, by Ann & Bob's; $HOME"},
        {"path": "007", "kind": "folder"},
        {"path": None},
    ],
)
def test_the_command_pasted_into_a_shell_states_the_same(source: dict):
    command = kedro_command({"runtime_params": {"source": source}}, {})
    option = next(part for part in shlex.split(command) if part.startswith("--params="))
    assert read_params(option.removeprefix("--params="), known_parameters()) == {"source": source}


def test_a_source_from_the_projects_memory_is_named_so_that_the_command_repeats_it():
    given = {"tag": {"labels": {"least": 9}}}
    command = kedro_command({"pipeline_names": ["tag"], "runtime_params": given}, {"source": SOURCE})
    option = next(part for part in shlex.split(command) if part.startswith("--params="))
    read = read_params(option.removeprefix("--params="), known_parameters())
    assert read == {"tag": {"labels": {"least": 9}}, "source": SOURCE}

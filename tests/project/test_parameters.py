from dataclasses import dataclass
from typing import Any, Literal

import pytest
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel, RootModel

from anime_gen.project.known import known_parameters
from anime_gen.project.option import read_params
from anime_gen.project.parameters import UnknownParameterError, checked, known_names


class Inner(BaseModel):
    depth: int = 1
    name: str | None = None
    chances: dict[str, float] = {}


@dataclass(frozen=True)
class Flat:
    kind: Literal["a", "b"] = "a"
    count: int = 1
    yes: bool = False


class Wrapped(RootModel[Flat]):
    pass


class Outer(BaseModel):
    inner: Inner | None = None
    seed: int = 0


class Entries(RootModel[dict[str, Inner]]):
    pass


def stage(outer: Outer, flat: Wrapped, entries: Entries, free: dict[str, Any]) -> int:
    return 1


NODE = Node(stage, ["params:outer", "params:deep.flat", "params:entries", "params:free"], "out", name="stage")
KNOWN = known_names({"x": Pipeline([NODE])}, {"outer": {"seed": 3}, "free": {"a": 1, "b": {"c": 2}}, "users": 5})


@pytest.mark.parametrize(
    ("params", "meant"),
    [
        ({"outre": {"seed": 1}}, "outer.seed"),
        ({"outer": {"sead": 1}}, "outer.seed"),
        ({"outer": {"iner": {"depth": 1}}}, "outer.inner.depth"),
        ({"outer": {"inner": {"dept": 1}}}, "outer.inner.depth"),
        ({"deep": {"flta": {"count": 1}}}, "deep.flat.count"),
        ({"entries": {"any": {"nmae": "x"}}}, "name"),
        ({"depth": 3}, "outer.inner.depth"),
        ({"free": {"b": {"d": 1}}}, "free.b"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(params: dict, meant: str):
    with pytest.raises(UnknownParameterError) as caught:
        checked(params, KNOWN)
    assert "there is no parameter" in str(caught.value)
    assert meant in str(caught.value)


def test_every_unknown_name_is_told_at_once():
    with pytest.raises(UnknownParameterError) as caught:
        checked({"outer": {"sead": 1}, "deep": {"flat": {"cuont": 1}}}, KNOWN)
    assert str(caught.value).count("there is no parameter") == 2


def test_known_names_pass_unchanged():
    params = {
        "outer": {"inner": None},
        "entries": {"new": {"chances": {"any": 0.5}}},
        "users": {"own": 1},
        "_template": 1,
    }
    assert checked(params, KNOWN) == params


def test_numbers_for_texts_become_texts():
    got = checked({"outer": {"inner": {"name": 2024, "depth": 2}}}, KNOWN)
    assert got == {"outer": {"inner": {"name": "2024", "depth": 2}}}


@pytest.mark.parametrize(
    "params",
    [{"outer": 3}, {"deep": {"flat": "folder"}}, {"deep": {"flat": {"count": True}}}, {"outer": {"seed": True}}],
)
def test_a_value_of_another_kind_is_refused(params: dict):
    with pytest.raises(UnknownParameterError, match=r"is a group of settings|is a number"):
        checked(params, KNOWN)
    assert checked({"deep": {"flat": {"yes": True}}}, KNOWN)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sorce.path=x", "source.path"),
        ("sorce.kind=x", "source.kind"),
        ("loss.r1_gamma=1", "train.loss.r1_gamma"),
        ("train.netwrok.resolution=32", "train.network.resolution"),
        ("tag.hari.sub_model.epochs=1", "tag.hair.sub_model.epochs"),
        ("tag.lables.least=9", "tag.labels.least"),
        ("resolution=8", "train.network.resolution"),
        ("attributes.smile.lable=x", "attributes.smile.label"),
        ("publish.gate.face=3", "publish.gate.faces"),
    ],
)
def test_the_projects_own_settings(text: str, meant: str):
    with pytest.raises(UnknownParameterError, match=f"did you mean {meant}"):
        checked(read_params(text, known_parameters()), known_parameters())


def test_every_setting_in_conf_is_known():
    known = known_parameters()
    assert known.at("train.network.resolution") is not None
    assert known.at("source.path").is_text

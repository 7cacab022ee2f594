import pytest
from hypothesis import given
from hypothesis import strategies as st

from anime_gen.project.option import read_params, written_params
from anime_gen.project.parameters import Names

TEXT, NUMBER = Names(plain={str, type(None)}), Names(plain={int})
KNOWN = Names({"source": Names({"path": TEXT, "licence": TEXT, "count": NUMBER, "kind": Names(plain={"literal"})})})

FOLDERS = ["2024", "007", "faces, cut", "a=b", "faces:2024", "true", "my faces", "顔 がぞう", "1e5", "set [1]", "50%"]
FOLDERS += ["{x}", "${x}", "#1", "a'b", "[a]", "v1, v2, v3", "a%20b", "what?now", "it's, here"]


@pytest.mark.parametrize("name", FOLDERS)
def test_any_folders_name_arrives_as_it_was_written(name: str):
    read = read_params(f"source.kind=folder,source.path={name},source.count=5", KNOWN)
    assert read == {"source": {"kind": "folder", "path": name, "count": 5}}


@pytest.mark.parametrize("name", ["null", " padded ", "a, source.count=3", "'"])
def test_quotes_keep_a_text_that_would_be_read_otherwise(name: str):
    quoted = "'" + name.replace("'", "''") + "'"
    assert read_params(f"source.path={quoted},source.count=2", KNOWN) == {"source": {"path": name, "count": 2}}


def test_null_unsets_a_text_and_numbers_are_numbers():
    read = read_params("source.path=null,source.count=1e3,other.list=[1, 2],other.yes=true", KNOWN)
    assert read == {"source": {"path": None, "count": 1000.0}, "other": {"list": [1, 2], "yes": True}}


@pytest.mark.parametrize("text", ["source.count:40", "source.count=1, 2", "=3", "source.count=4,source.count.x=1", "x"])
def test_what_is_no_setting_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no setting|given a value"):
        read_params(text, KNOWN)


def test_a_setting_that_is_given_twice_is_refused():
    with pytest.raises(ValueError, match=r"source\.count is given twice"):
        read_params("source.count=40,source.kind=folder,source.count=41", KNOWN)


values = st.none() | st.text(st.characters(exclude_categories=["C"]), max_size=12)


@given(path=values, licence=values, count=st.integers(), rest=st.lists(st.integers() | st.booleans(), min_size=1))
def test_a_recorded_command_reads_back_as_the_same_settings(path, licence, count, rest):
    params = {"source": {"path": path, "licence": licence, "count": count}, "other": {"list": rest}}
    assert read_params(written_params(params), KNOWN) == params

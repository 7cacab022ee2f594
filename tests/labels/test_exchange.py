"""Labels as a table: every wrong row is named, nothing is dropped, out and in again is the same."""

from pathlib import Path

import pandas as pd
import pytest

from anime_gen.labels.exchange import Imported, export_csv, import_table, names_of
from anime_gen.labels.store import LabelStore, Signature
from anime_gen.labels.table import LabelError
from anime_gen.tagging.targets import targets_of_index
from tests.tagging.toys import vocabulary

INDEX = pd.DataFrame({"id": ["p0", "p1", "p2"], "source_name": ["faces/0.png", "faces/1.png", "faces/2.png"]})
BY = Signature("ann", "import", "v1")


def taken(table: str | bytes, store: LabelStore, replace: bool = False) -> Imported:
    data = table if isinstance(table, bytes) else table.encode()
    return import_table(data, "labels.csv", vocabulary(), names_of(INDEX), store, BY, replace)


def test_every_wrong_row_is_named_and_nothing_is_taken(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "a.sqlite")
    text = "\n".join(
        [
            "file,hair_color,hair_length,glasses",
            "faces/0.png,red,0.5,1",
            "faces/1.png,blu,inf,maybe",
            "faces/9.png,red,,",
            "faces/2.png,green,1.5,",
            "faces/0.png,blue,,",
            "faces/0.png,red,,,1",
        ]
    )
    with pytest.raises(LabelError) as caught:
        taken(text, store)
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == ["row 3"] * 3 + ["row 4", "row 5", "row 6", "row 7"]
    assert "'blu' is not allowed; it must be one of red, green, blue; did you mean blue?" in lines[0]
    assert "hair_length = 'inf'" in lines[1]
    assert "'faces/9.png': no such picture" in lines[3]
    assert "row 2 gives another value" in lines[5]
    assert store.values(vocabulary()) == {}


@pytest.mark.parametrize(
    ("header", "words"),
    [("file,hat_color", r"hat_color \(did you mean hair_color\?\)"), ("hair_color,glasses", "'file'"), ("", "'file'")],
)
def test_a_wrong_header_is_named(header: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=words):
        taken(header + "\nfaces/0.png,red\n", LabelStore(tmp_path / "a.sqlite"))


def test_what_ingest_reads_the_page_reads_too(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "a.sqlite")
    table = "sep=;\r\nImage;Hair length;glasses;notes\r\nC:\\set\\faces\\0.PNG;0,25;1;ok\r\n1;;0;\r\n".encode("utf-16")
    assert taken(table, store) == Imported(3, ["notes"])
    assert store.current("hair_length")["p0"].value == "0.25"
    assert store.current("glasses")["p1"].value == "0.0"


def test_out_and_in_again(tmp_path: Path) -> None:
    first, second = LabelStore(tmp_path / "a.sqlite"), LabelStore(tmp_path / "b.sqlite")
    first.answer("hair_color", ["p0"], "red", BY)
    first.answer("hair_length", ["p0", "p2"], 0.25, BY)
    table = export_csv(vocabulary(), INDEX, first)
    assert taken(table, second).new == 3
    assert export_csv(vocabulary(), INDEX, second) == table
    assert taken(table, second).new == 0


def test_a_contradiction_is_named_unless_it_is_meant(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "a.sqlite")
    store.answer("hair_color", ["p0"], "red", BY)
    table = "file,hair_color\nfaces/0.png,blue\n"
    with pytest.raises(LabelError, match="row 2: hair_color = blue, but ann said red"):
        taken(table, store)
    assert taken(table, store, replace=True).new == 1
    assert store.current("hair_color")["p0"].value == "blue"


def test_wrong_labels_in_the_index_are_named() -> None:
    index = INDEX.assign(**{"label.hair_color": ["red", "mauve", None]})
    with pytest.raises(LabelError, match="picture p1: hair_color = 'mauve'"):
        targets_of_index(index, vocabulary())

"""What an artist keeps comes back: whole, in order, from the last good copy if need be."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anime_gen.images.files import DiskFullError
from anime_gen.studio import Recipe
from anime_gen.studio.character.history import History
from anime_gen.studio.project.document import MAX_NAME, Document, DocumentError
from anime_gen.studio.project.shelf import COPIES, FILE, Shelf
from tests.conftest import ROOT


def worked_on() -> Document:
    document = Document(History(Recipe(seed=1)))
    for seed in (2, 3):
        document.history.push(Recipe(seed=seed, targets={"bangs": 0.5}, locks=("smile",)))
    document.history.undo()
    document.history.push(Recipe(seed=4))
    document.keep(Recipe(seed=2, measured={"bangs": 0.4}), "Aoi")
    document.keep(Recipe(seed=4))
    return document


def test_a_document_comes_back_with_branches_cast_names_and_notes():
    document = worked_on()
    document.rename(document.cast[0].key, "", "loves *tea*")
    again = Document.from_json(document.to_json())
    assert again.history.steps == document.history.steps
    assert again.history.current == Recipe(seed=4)
    assert again.cast == document.cast
    assert [member.name for member in again.cast] == ["Aoi", "Character 1"]
    assert again.cast[0].note == "loves *tea*"


def test_a_member_let_go_is_gone_and_its_name_is_free():
    document = worked_on()
    gone = document.let_go(document.cast[1].key)
    assert gone.recipe.seed == 4
    assert document.keep(Recipe(seed=9)).name == "Character 1"


def test_a_name_is_one_line_of_readable_text():
    document = worked_on()
    key = document.cast[0].key
    document.rename(key, "  A\nB\x00\u202e C " + "x" * 500, "")
    name = document.member(key).name
    assert name.startswith("A B C")
    assert len(name) <= MAX_NAME


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("history"),
        lambda content: content.update(schema=99),
        lambda content: content["cast"][0]["recipe"].update(psi=1e9),
        lambda content: content["history"]["steps"][1].update(parent=1),
        lambda content: content["history"]["steps"][1].update(parent="x"),
        lambda content: content.update(cast=7),
        lambda content: content.update(name=[]),
    ],
)
def test_a_spoiled_document_is_refused_in_a_sentence(spoil):
    content = json.loads(worked_on().to_json())
    spoil(content)
    with pytest.raises(DocumentError, match=r"^[A-Z'\[].*\.?$"):
        Document.from_json(json.dumps(content))


def test_the_shelf_gives_back_what_was_saved(tmp_path: Path):
    opened = Shelf(tmp_path).create(worked_on())
    again = Shelf(tmp_path).open(opened.key)
    assert again is not None
    assert again.document.to_json() == opened.document.to_json()


def test_two_tabs_have_one_document(tmp_path: Path):
    shelf = Shelf(tmp_path)
    key = shelf.create(worked_on()).key
    assert shelf.open(key) is shelf.open(key)


@pytest.mark.parametrize("key", ["", "../../etc", "0" * 31, "g" * 32, "f" * 32])
def test_a_key_that_opens_nothing(tmp_path: Path, key: str):
    assert Shelf(tmp_path).open(key) is None


def test_a_damaged_file_gives_way_to_the_last_good_copy_and_is_kept(tmp_path: Path):
    shelf = Shelf(tmp_path)
    opened = shelf.create(worked_on())
    opened.document.history.push(Recipe(seed=5))
    shelf.save(opened)
    path = tmp_path / opened.key / FILE
    path.write_text(path.read_text()[:200])
    again = Shelf(tmp_path).open(opened.key)
    assert again is not None
    assert again.document.history.current == Recipe(seed=4)
    assert "copy" in again.note
    assert list((tmp_path / opened.key / COPIES).glob("*damaged*"))


def test_without_a_good_copy_the_file_is_named_and_left_alone(tmp_path: Path):
    opened = Shelf(tmp_path).create(worked_on())
    path = tmp_path / opened.key / FILE
    path.write_text("{")
    with pytest.raises(DocumentError, match=FILE):
        Shelf(tmp_path).open(opened.key)
    assert path.read_text() == "{"


def test_what_another_program_wrote_is_kept_among_the_copies(tmp_path: Path):
    shelf = Shelf(tmp_path)
    opened = shelf.create(worked_on())
    path = tmp_path / opened.key / FILE
    foreign = path.read_text().replace("Aoi", "Mei")
    path.write_text(foreign)
    opened.document.history.push(Recipe(seed=6))
    assert shelf.save(opened)
    assert "another program" in opened.note
    assert foreign in [copy.read_text() for copy in (tmp_path / opened.key / COPIES).glob("*.json")]


def test_a_full_disk_leaves_the_last_state_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shelf = Shelf(tmp_path)
    opened = shelf.create(worked_on())
    before = (tmp_path / opened.key / FILE).read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    opened.document.history.push(Recipe(seed=7))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFullError):
            shelf.save(opened)
    assert (tmp_path / opened.key / FILE).read_text() == before
    assert shelf.save(opened)


WRITER = """
import sys
from pathlib import Path
from anime_gen.studio.project.document import Document
from anime_gen.studio.character.history import History
from anime_gen.studio.character.recipe import Recipe
from anime_gen.studio.project.shelf import Shelf
shelf = Shelf(Path(sys.argv[1]))
opened = shelf.create(Document(History(Recipe(seed=0))))
print(opened.key, flush=True)
for seed in range(1, 100000):
    opened.document.history.push(Recipe(seed=seed))
    shelf.save(opened)
    print(seed, flush=True)
"""


def test_a_kill_in_the_middle_of_saving_loses_at_most_the_step_being_saved(tmp_path: Path):
    for attempt in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
        assert writer.stdout is not None
        key = writer.stdout.readline().decode().strip()
        writer.stdout.readline()
        time.sleep(0.03 * attempt)
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        again = Shelf(tmp_path).open(key)
        assert again is not None
        assert again.document.history.current.seed in (said[-1] if said else 1, (said[-1] if said else 1) + 1)

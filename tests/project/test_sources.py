import json
import shutil
from pathlib import Path

import pytest

from anime_gen.project.sources import FIRST, MANIFEST, Chosen, SourceBook, as_option, in_words

DRAWN = {"kind": "drawn", "path": None, "handle": None, "count": 600, "seed": 0, "split": "default", "labels": None}
DRAWN |= {"licence": None}
KAGGLE = DRAWN | {"kind": "kaggle", "handle": "owner/faces", "licence": "as stated"}
OWN = {"kind": "folder", "path": "my/faces"}
OTHER = {"kind": "archive", "path": "other.zip"}


@pytest.fixture
def book(tmp_path: Path) -> SourceBook:
    return SourceBook(tmp_path / "data", tmp_path)


def run(book: SourceBook, said: dict | None = None, configured: dict = DRAWN, base: dict = DRAWN) -> Chosen:
    """What a run of the ingest stage does with the book."""
    chosen = book.choose(said or {}, configured, base)
    book.claim(chosen, configured, base)
    manifest = book.data_folder / chosen.folder / MANIFEST
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text("{}")
    book.remember(chosen)
    return chosen


def test_a_run_without_a_source_keeps_the_last_one(book: SourceBook):
    assert run(book).settings == DRAWN
    first = run(book, OWN)
    again = run(book)
    assert (again.key, again.folder, again.stated) == (first.key, first.folder, False)
    assert again.settings["path"] == "my/faces"


def test_each_source_has_its_folder_for_good(book: SourceBook):
    own, drawn, other = run(book, OWN), run(book, {"kind": "drawn"}), run(book, OTHER)
    assert own.folder == FIRST
    assert len({own.folder, drawn.folder, other.folder}) == 3
    assert run(book, OWN).folder == own.folder
    assert run(book, {"kind": "drawn", "count": 5}).folder == drawn.folder
    assert run(book, {"kind": "drawn", "seed": 1}).folder not in {own.folder, drawn.folder, other.folder}


@pytest.mark.parametrize("spelling", ["my/faces", "./my/faces", "my//faces/", "my/../my/faces", "{root}/my/faces"])
def test_a_path_is_the_same_source_however_it_is_spelt(book: SourceBook, spelling: str):
    first = run(book, OWN)
    assert run(book, OWN | {"path": spelling.format(root=book.root)}).folder == first.folder


def test_what_was_said_about_a_source_stays_with_it(book: SourceBook):
    run(book, OWN | {"licence": "mine", "labels": "a.csv"})
    assert run(book, OTHER).settings.get("licence") is None
    back = run(book, OWN).settings
    assert (back["licence"], back["labels"]) == ("mine", "a.csv")
    assert run(book, {"licence": "CC0"}).settings["licence"] == "CC0"
    assert run(book).settings["licence"] == "CC0"


def test_a_source_in_an_environment_counts_once_it_is_new(book: SourceBook):
    run(book, OWN)
    kaggle = run(book, configured=KAGGLE)
    assert kaggle.settings["kind"] == "kaggle"
    assert run(book).key == kaggle.key  # conf/base was never a wish of its own
    copy = run(book, {"path": "crypko.zip"}, configured=KAGGLE)
    assert run(book, configured=KAGGLE).key == copy.key
    assert copy.settings["licence"] == "as stated"


def test_an_edited_file_wins_over_what_is_remembered(book: SourceBook):
    run(book, OWN)
    edited = DRAWN | {"seed": 7}
    assert run(book, configured=edited, base=edited).key == "drawn:default:7"


def test_a_moved_project_knows_its_sources(book: SourceBook, tmp_path: Path):
    own = run(book, OWN | {"path": str(tmp_path / "my/faces")})
    run(book, OTHER)
    shutil.copytree(book.data_folder, tmp_path / "new/data")
    moved = SourceBook(tmp_path / "new/data", tmp_path / "new")
    assert run(moved, OWN).folder == own.folder


def test_a_source_that_never_was_ingested_frees_its_folder(book: SourceBook):
    wrong = book.choose({"kind": "folder", "path": "fcaes"}, DRAWN, DRAWN)
    book.claim(wrong, DRAWN, DRAWN)
    book.release(wrong)
    assert run(book, OWN).folder == FIRST
    book.release(book.choose(OWN, DRAWN, DRAWN))
    assert run(book).settings["path"] == "my/faces"


def test_two_first_runs_at_once_do_not_share_a_folder(book: SourceBook):
    one, two = book.choose(OWN, DRAWN, DRAWN), book.choose(OTHER, DRAWN, DRAWN)
    book.claim(one, DRAWN, DRAWN)
    with pytest.raises(ValueError, match="run the same command again"):
        book.claim(two, DRAWN, DRAWN)


def before_there_was_a_book(book: SourceBook, kind: str, name: str) -> None:
    (book.data_folder / MANIFEST).parent.mkdir(parents=True)
    (book.data_folder / MANIFEST).write_text(json.dumps({"source": {"kind": kind, "name": name}}))


def test_an_older_projects_drawn_faces_stay_where_they_are(book: SourceBook):
    before_there_was_a_book(book, "drawn", "drawn-default-seed0")
    assert book.choose(OWN, DRAWN, DRAWN).folder != FIRST
    drawn = run(book)
    assert (drawn.folder, drawn.settings) == (FIRST, DRAWN)


def test_an_older_projects_own_seed_is_kept_as_well(book: SourceBook):
    before_there_was_a_book(book, "drawn", "drawn-mixed-seed5")
    kept = run(book)
    assert (kept.folder, kept.settings) == (FIRST, DRAWN | {"split": "mixed", "seed": 5})


def test_an_older_projects_folder_is_asked_for_once_and_never_replaced(book: SourceBook):
    before_there_was_a_book(book, "folder", "faces")
    with pytest.raises(ValueError, match="Name them once"):
        book.choose({}, DRAWN, DRAWN)
    assert book.choose({"kind": "drawn"}, DRAWN, DRAWN).folder != FIRST
    assert run(book, OWN).folder == FIRST
    assert run(book).settings["path"] == "my/faces"


def test_a_damaged_book_is_named(book: SourceBook):
    run(book, OWN)
    book.path.write_text("{")
    with pytest.raises(ValueError, match=r"project\.json cannot be read"):
        book.read()


def test_sources_in_words_and_as_options():
    assert in_words(DRAWN) == "drawn faces (default, seed 0)"
    assert in_words(KAGGLE) == "Kaggle set owner/faces"
    assert in_words(OWN) == "folder my/faces"
    assert as_option(DRAWN) == {"kind": "drawn"}
    assert as_option(DRAWN | OWN) == OWN

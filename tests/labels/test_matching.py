"""Any spelling of a name that stands for exactly one picture finds it; nothing else is found."""

import string
import unicodedata
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anime_gen.labels.matching import match_names
from anime_gen.labels.spelling import STRENGTHS, key_of, parts_of, readable

FACES = [f"faces/{number:05}.png" for number in range(40)]


def find(cell: str, names: list[str], folder: str = "") -> str | None:
    return match_names([cell], names, folder)[cell].name


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "faces/00007.png",
            "FACES/00007.PNG",
            "00007",
            "7",
            "7.0",
            " 00007.png ",
            '"00007.png"',
            "faces//./00007.png",
        ),
        *(r"C:\Users\me\set\faces\00007.png", r"\\server\share\faces\00007.png", "/home/me/set/faces/00007.png"),
        *("../set/faces/00007.png", "file:///home/me/faces/00007.png", "faces/00007.webp", "faces/00007.jpg.txt"),
        *(
            "https://host/x/faces/00007.png?v=1#top",
            "s3://bucket/faces/00007.png",
            "/data/local-files/?d=faces/00007.png",
        ),
        *("/data/local-files/?d=set%2Ffaces%2F00007.png", "/data/upload/1/12345678-00007.png", "9e3779b1-00007.png"),
        *("00007_png.rf.0a1b2c3d4e5f.jpg", "images/00007.png", "faces%2F00007.png", "ｆａｃｅｓ/００００７.png"),
        *("faces/00007\u200b.png", "faces/00007.png\u200e"),
    ],
)
def test_a_name_as_other_programs_write_it_is_found(cell: str) -> None:
    assert find(cell, FACES) == "faces/00007.png"


@pytest.mark.parametrize("cell", ["", " ", "/", "faces", "99", "faces/00099.png", "0000?.png", "20240101-00007.png"])
def test_what_names_no_picture_finds_none(cell: str) -> None:
    match = match_names([cell], FACES)[cell]
    assert match.name is None
    assert match.problem == "no such picture"


def test_the_strictest_reading_decides_and_several_are_named() -> None:
    names = ["a/1.png", "b/1.png", "A/2.png", "a/2.png", "a (1).png", "3.png", "c/3.png"]
    found = match_names(["1.png", "b/1", "a/2.png", "A/2.PNG", "a_1.png", "3.png", "C/3.png", "x/3.png"], names)
    told = {cell: match.name or match.problem for cell, match in found.items()}
    assert told == {
        "1.png": "several such pictures: a/1.png, b/1.png",
        "b/1": "b/1.png",
        "a/2.png": "a/2.png",
        "A/2.PNG": "several such pictures: A/2.png, a/2.png",
        "a_1.png": "a (1).png",
        "3.png": "3.png",
        "C/3.png": "c/3.png",
        "x/3.png": "3.png",
    }


def test_the_folder_of_the_table_comes_first() -> None:
    names = ["1.png", "a/1.png", "b/1.png", "a/x/2.png", "b/x/2.png"]
    assert find("1.png", names, "a") == "a/1.png"
    assert find("b/1.png", names, "a") == "b/1.png"
    assert find("2.png", names, "b") == "b/x/2.png"
    assert find("x/2", names, "b") == "b/x/2.png"


@pytest.mark.parametrize("page", ["utf-8", "cp932", "gb18030", "cp1251", "cp866", "cp1252"])
@pytest.mark.parametrize("seen", ["zip", "tar"])
def test_names_whose_code_page_was_lost_on_the_way(page: str, seen: str) -> None:
    words = {"cp1251": ["Лица", "Мир"], "cp866": ["Лица", "Мир"], "cp1252": ["Zoë", "für"]}.get(
        page, ["がくせい", "ぱんだ"]
    )
    for form in ("NFC", "NFD") if page == "utf-8" else ("NFC",):
        raw = [unicodedata.normalize(form, f"{word} 1.png").encode(page) for word in words]
        names = [r.decode("cp437") if seen == "zip" else readable(r.decode("utf-8", "surrogateescape")) for r in raw]
        assert [find(f"{word} 1.png", names) for word in words] == names


LETTERS = st.text(string.ascii_letters + string.digits + "éßüがプ字Жñ -_()", min_size=1, max_size=10)
NAME = st.tuples(st.lists(LETTERS, max_size=2), LETTERS).map(
    lambda parts: "/".join([*(folder.strip() or "f" for folder in parts[0]), (parts[1].strip() or "n") + ".png"])
)
LETTERING: list[Callable[[str], str]] = [
    str,
    lambda name: unicodedata.normalize("NFC", name),
    lambda name: unicodedata.normalize("NFD", name),
    str.upper,
    str.swapcase,
]
ENDINGS: list[Callable[[str], str]] = [
    str,
    lambda name: name[: -len(".png")],
    lambda name: name[: -len(".png")] + ".JPG",
    lambda name: name + ".txt",
]
WITH_FOLDERS: list[Callable[[str], str]] = [
    str,
    lambda name: name.replace("/", "\\"),
    lambda name: "./" + name,
    lambda name: "set/v1/" + name,
    lambda name: "C:\\Users\\me\\" + name.replace("/", "\\"),
    lambda name: "/home/me/" + name,
    lambda name: "https://host/files/" + urllib.parse.quote(name),
    lambda name: "https://host/files/" + urllib.parse.quote(name) + "?width=64",
    urllib.parse.quote,
    lambda name: urllib.parse.quote(name, safe=""),
    lambda name: "/data/local-files/?d=" + urllib.parse.quote(name),
    lambda name: f'  "{name}" ',
]
PLACES: list[Callable[[str], str]] = [
    *WITH_FOLDERS,
    lambda name: "/data/upload/1/0123abcd-" + name.rpartition("/")[2],
    lambda name: name.rpartition("/")[2],
]
SPELLING = st.tuples(st.sampled_from(LETTERING), st.sampled_from(ENDINGS), st.sampled_from(PLACES)).map(
    lambda steps: lambda name: steps[2](steps[1](steps[0](name)))
)


@settings(max_examples=300, deadline=None)
@given(names=st.lists(NAME, min_size=1, max_size=12), spelled=SPELLING, data=st.data())
def test_any_spelling_that_stands_for_one_picture_finds_it(names, spelled, data) -> None:
    last = [key_of(parts_of(name)[-1:], STRENGTHS[-1]) for name in names]
    names = [name for name, key in zip(names, last, strict=True) if last.count(key) == 1]
    assume(names)
    name = data.draw(st.sampled_from(names))
    assert find(spelled(name), names) == name


@settings(max_examples=200, deadline=None)
@given(
    folders=st.lists(
        LETTERS.map(str.strip).filter(bool),
        min_size=2,
        max_size=4,
        unique_by=lambda folder: key_of((folder, "1"), STRENGTHS[-1]),
    ),
    file=LETTERS.map(lambda stem: (stem.strip() or "n") + ".png"),
    steps=st.tuples(st.sampled_from(LETTERING), st.sampled_from(ENDINGS), st.sampled_from(WITH_FOLDERS)),
)
def test_equal_file_names_are_told_apart_by_their_folders(folders, file, steps) -> None:
    names = [f"{folder}/{file}" for folder in folders]
    for name in names:
        assert find(steps[2](steps[1](steps[0](name))), names) == name


@settings(max_examples=200, deadline=None)
@given(name=NAME, stored=st.sampled_from(["NFC", "NFD"]), written=st.sampled_from(["NFC", "NFD"]))
def test_pictures_that_differ_by_case_alone_are_told_apart_in_any_form_of_their_letters(name, stored, written) -> None:
    several = {unicodedata.normalize("NFC", lettering(name)) for lettering in (str, str.upper, str.lower, str.swapcase)}
    names = {one: unicodedata.normalize(stored, one) for one in several}
    for one, there in names.items():
        assert find(unicodedata.normalize(written, one), list(names.values())) == there


# few letters, so that many names are alike
ALIKE = st.tuples(
    st.sampled_from(["", "a/", "A/", "b/a/"]),
    st.sampled_from(["1", "01", "a", "A", "é", "a 1", "a_1"]),
    st.sampled_from([".png", ".PNG", ".jpg"]),
).map("".join)


@settings(max_examples=300, deadline=None)
@given(names=st.lists(NAME | ALIKE, min_size=2, max_size=12, unique=True), spelled=SPELLING, data=st.data())
def test_a_doubtful_spelling_never_finds_another_picture(names, spelled, data) -> None:
    name = data.draw(st.sampled_from(names))
    cell = spelled(name)
    match = match_names([cell], names)[cell]
    same = {key_of(parts_of(other)[-1:], STRENGTHS[-1]) for other in names if other in (name, match.name)}
    assert match.name == name or match.problem.startswith("several") or len(same) == 1
    assert find(name, names) == name
    assert find(cell, names[::-1]) == match.name  # none is taken for coming first


def test_a_large_table_is_matched_in_a_pass_a_spelling() -> None:
    names = [f"set/{number:06}.png" for number in range(5_000)]
    found = match_names([f"C:\\set\\{number:06}.PNG" for number in range(0, 5_000, 3)], names)
    assert all(match.name is not None for match in found.values())

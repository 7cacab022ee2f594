"""One reader for ingest and the Label page: right labels are read, everything else is named with its row."""

import csv
import io
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anime_gen.attributes import Vocabulary
from anime_gen.labels.reader import describe_unknown_columns, read_labels
from anime_gen.labels.table import LabelError

VOCABULARY = Vocabulary.parse(
    {
        "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
        "smile": {"label": "Smile", "kind": "continuous", "group": "expression", "low": -1, "high": 1},
        "hair_hue": {"label": "Hue", "kind": "cyclic", "group": "hair", "low": 0, "high": 360},
        "hair_color": {
            "label": "Colour",
            "kind": "categorical",
            "group": "hair",
            "classes": ["black", "blonde", "red"],
        },
    }
)
NAMES = ["faces/a.png", "faces/b.png", "other/b.png", "faces/c.png"]


def read(data: bytes, name: str = "labels.csv"):
    return read_labels(data, name, VOCABULARY, NAMES)


def test_right_labels_of_every_kind_are_read() -> None:
    labels = read(
        b"\xef\xbb\xbffile,glasses,smile,hair_hue,hair_color\r\nfaces/a.png, 1 ,-0.5,360,red\r\nc.png,no,,120,\r\n\r\n"
    )
    assert labels.values == {
        "glasses": {"faces/a.png": 1.0, "faces/c.png": 0.0},
        "smile": {"faces/a.png": -0.5},
        "hair_hue": {"faces/a.png": 0.0, "faces/c.png": 120.0},
        "hair_color": {"faces/a.png": "red"},
    }
    assert labels.problems == []


def test_names_are_found_beside_the_table_and_by_a_unique_file_name() -> None:
    data = b"file,glasses\na.png,1\nc.png,0\n./b.png,1\n"
    assert read(data, "faces/labels.csv").values["glasses"] == {
        "faces/a.png": 1.0,
        "faces/c.png": 0.0,
        "faces/b.png": 1.0,
    }
    (problem,) = read(data).problems
    assert problem.row == 4
    assert problem.problem == "several such pictures: faces/b.png, other/b.png"


def test_every_wrong_cell_is_named_with_its_row() -> None:
    labels = read(
        b"file,glasses,smile,hair_color\n"
        b"faces/a.png,2,0.5,red\n"
        b"faces/b.png,1,inf,blakc\n"
        b"faces/none.png,1,0,red\n"
        b"faces/c.png,1,1.5,teal\n"
        b"faces/c.png,1,0,red,left over\n"
    )
    found = [(problem.row, problem.column, problem.value) for problem in labels.problems]
    assert found == [
        (2, "glasses", "2"),
        (3, "smile", "inf"),
        (3, "hair_color", "blakc"),
        (4, "file", "faces/none.png"),
        (5, "smile", "1.5"),
        (5, "hair_color", "teal"),
        (6, "", ""),
    ]
    told = [str(problem) for problem in labels.problems]
    assert "0 or 1" in told[0]
    assert "from -1 to 1" in told[1]
    assert "did you mean black" in told[2]
    assert told[3] == "row 4, file 'faces/none.png': no such picture"
    assert told[6] == "row 6, 5 cells under 4 columns"
    assert labels.values["smile"] == {"faces/a.png": 0.5}
    assert labels.values["glasses"] == {"faces/b.png": 1.0, "faces/c.png": 1.0}


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "<NA>", "None", "n/a", "-", "\u2014", "unknown"])
def test_what_programs_write_for_nothing_is_no_label_and_no_problem(cell: str) -> None:
    labels = read(f"file,glasses,smile,hair_color\nfaces/a.png,{cell},{cell},{cell}\n".encode())
    assert (len(labels), labels.problems) == (0, [])


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("TRUE", "FALSE"), ("Yes", "No"), ("y", "n"), ("T", "F")])
def test_yes_and_no_as_people_write_them(yes: str, no: str) -> None:
    labels = read(f"file,glasses\nfaces/a.png,{yes}\nfaces/b.png,{no}\n".encode())
    assert labels.values["glasses"] == {"faces/a.png": 1.0, "faces/b.png": 0.0}


@pytest.mark.parametrize("cell", ["Black", "BLACK", " black ", "b-l-a-c-k"])
def test_a_class_in_other_letters_is_that_class(cell: str) -> None:
    assert read(f"file,hair_color\nfaces/a.png,{cell}\n".encode()).values["hair_color"] == {"faces/a.png": "black"}


@pytest.mark.parametrize("column", ["Image ID", "img_id", "image_url", "photo", "fname", "basename"])
def test_other_names_for_the_column_of_pictures(column: str) -> None:
    assert read(f"{column},glasses\nfaces/a.png,1\n".encode()).values["glasses"] == {"faces/a.png": 1.0}
    both = read(f"file_name,{column},glasses\nfaces/a.png,77,1\n".encode())
    assert both.values["glasses"] == {"faces/a.png": 1.0}


@pytest.mark.parametrize("column", ["ファイル", "Datei", "key", "file_upload", "picture address", "", "#"])
def test_a_column_of_pictures_with_a_name_of_its_own_is_told_by_its_cells(column: str) -> None:
    table = f"id,{column},glasses\n7,https://host/faces/a.png?size=64,1\n8,faces/b.png,0\n"
    assert read(table.encode()).values["glasses"] == {"faces/a.png": 1.0, "faces/b.png": 0.0}
    with pytest.raises(LabelError, match="needs a column named 'file'"):  # a picture or its mask?
        read(f"{column},mask,glasses\nfaces/a.png,masks/a.png,1\n".encode())


@pytest.mark.parametrize("value", ['"=""0.5"""', '="0.5"', "０．５", "\u22120.5", '"0,5"'])
def test_numbers_as_spreadsheets_and_wide_keyboards_write_them(value: str) -> None:
    found = read(f"file,smile\nfaces/a.png,{value}\n".encode()).values["smile"]
    assert abs(found["faces/a.png"]) == 0.5


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\x0c"])
def test_lines_that_end_as_other_systems_end_them(end: str) -> None:
    lines = ["file,glasses", "faces/a.png,1", "faces/b.png,0", ""]
    assert read(end.join(lines).encode()).values["glasses"] == {"faces/a.png": 1.0, "faces/b.png": 0.0}


def test_single_quotation_marks_around_every_cell() -> None:
    labels = read(b"'file','smile','glasses'\n'faces/a.png','0.5','1'\n")
    assert labels.values == {"smile": {"faces/a.png": 0.5}, "glasses": {"faces/a.png": 1.0}}


def test_a_formula_that_keeps_zeros_and_an_old_end_mark() -> None:
    labels = read(b'file,glasses\r\n"=""faces/a.png""",1\r\n\x1a')
    assert labels.values["glasses"] == {"faces/a.png": 1.0}
    assert labels.problems == []


def test_two_rows_that_disagree_leave_the_value_unknown() -> None:
    labels = read(b"file,glasses,smile\nfaces/a.png,1,0.5\nfaces/a.png,0,0.5\nfaces/a.png,1,0.5\n")
    assert labels.values == {"glasses": {}, "smile": {"faces/a.png": 0.5}}
    assert [(p.row, p.column) for p in labels.problems] == [(3, "glasses"), (4, "glasses")]
    assert "row 2 gives another value" in labels.problems[0].problem


def test_rows_about_a_picture_of_another_folder_are_not_its_labels() -> None:
    labels = read_labels(b"file,glasses\na/1.png,1\nb/1.png,0\n", "labels.csv", VOCABULARY, ["a/1.png"])
    assert labels.values["glasses"] == {"a/1.png": 1.0}
    assert str(labels.problems[0]) == "row 3, file 'b/1.png': no such picture; a/1.png is what row 2 names"
    rivals = b"file,glasses\n/x/train/1.png,1\n/x/val/1.png,0\n/x/val/2.png,0\n"
    labels = read_labels(rivals, "labels.csv", VOCABULARY, ["1.png", "2.png"])
    assert labels.values["glasses"] == {"2.png": 0.0}
    assert [problem.row for problem in labels.problems] == [2, 3]


def test_when_no_row_names_a_picture_the_run_stops_with_one_of_each() -> None:
    with pytest.raises(LabelError, match=r"none of its 2 rows.*Row 2 says 'x\.png' \(no such picture\).*'other/b"):
        read(b"file,glasses\nx.png,1\ny.png,0\n")
    assert read(b"file,glasses\n").values == {"glasses": {}}


@pytest.mark.parametrize("pictures", ["file", "imagePath", "IMAGEPATH", "Image File", "fileName"])
@pytest.mark.parametrize("colour", ["Hair Color", "HAIR-COLOR", "hairColor", "Haircolor", "hair.color"])
def test_a_column_is_known_by_its_letters_whatever_stands_between_its_words(pictures: str, colour: str) -> None:
    labels = read(f"{colour},{pictures}\nred,faces/a.png\n".encode())
    assert labels.values == {"hair_color": {"faces/a.png": "red"}}
    assert not labels.unknown_columns


def test_unknown_columns_are_named_with_the_likeliest_meaning() -> None:
    labels = read(b"file,hair_colour,mood,smile\nfaces/a.png,red,fine,1\n")
    assert labels.unknown_columns == ["hair_colour", "mood"]
    assert (
        describe_unknown_columns(labels.unknown_columns, VOCABULARY) == "hair_colour (did you mean hair_color?), mood"
    )
    with pytest.raises(LabelError, match=r"no column that is an attribute.*hair_colour \(did you mean hair_color\?\)"):
        read(b"file,hair_colour\nfaces/a.png,red\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "needs a column named 'file'"),
        (b"name,glasses\n", "found name, glasses"),
        (b"PK\3\4" + bytes(200), "labels.csv is a spreadsheet"),
        (b"\x89PNG\r\n" + bytes(200), "labels.csv is a picture"),
        (b'[{"file": "a.png", "glasses": 1}]', "labels.csv is JSON"),
        (b"<html><table>", "labels.csv is a web page, not the file itself; download it again"),
        (b"<labels/>", "labels.csv is a page of markup"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "labels.csv is a Git LFS pointer.*git lfs pull",
        ),
        (b"\x1f\x8b" + bytes(99), "labels.csv is a packed file"),
        (b"PAR1" + bytes(99), "labels.csv is a Parquet file"),
        (b'"file" "glasses"\n"1" "faces/a.png" 1\n', "spaces do not part columns"),
        (b"faces/a.png,1\nfaces/b.png,0\n", "found faces/a.png, 1"),
        (b"file,glasses,glasses\n", "more than one column named glasses"),
        (b"image,path,glasses\n", "image and path may each name the pictures"),
        (b'file,glasses\n"' + b"x" * 200_000, "its only row"),
        ("file,glasses\na,1\n".encode("utf-16")[:-1], "breaks off from it in line 2"),
    ],
)
def test_a_file_that_is_no_table_is_said_plainly(data: bytes, words: str) -> None:
    with pytest.raises(LabelError, match=words):
        read(data)


def test_old_code_pages_are_told_apart_by_the_names_they_spell() -> None:
    for page, names in {"cp932": ["がくせい.png", "ぱんだ.png"], "cp1252": ["Zoë.png", "für elise.png"]}.items():
        table = "file,glasses\n" + "".join(f"{name},1\n" for name in names)
        labels = read_labels(table.encode(page), "labels.csv", VOCABULARY, names)
        assert labels.values["glasses"] == dict.fromkeys(names, 1.0)
    doubtful = Vocabulary.parse(
        {"mood": {"label": "Mood", "kind": "categorical", "group": "hair", "classes": ["é", "й", "ф", "a"]}}
    )
    with pytest.raises(LabelError, match=r"not UTF-8 text \(line 3\)"):
        read_labels(b"file,mood\nx.png,a\ny.png,\xe9\n", "labels.csv", doubtful, ["x.png", "y.png"])


@pytest.mark.parametrize(
    ("line", "place"),
    [(b'"faces/a.png,1,0.5,red', 2), (b'faces/a.png,1,"0.5,red', 2), (b'faces/a.png,"1,0.5,red"', 2)],
)
def test_a_stray_quotation_mark_costs_at_most_its_own_line(line: bytes, place: int) -> None:
    rows = b"".join(b"faces/%d.png,0,0.25,blonde\n" % number for number in range(40))
    names = ["faces/a.png", *(f"faces/{number}.png" for number in range(40))]
    data = b"file,glasses,smile,hair_color\n" + line + b"\n" + rows
    labels = read_labels(data, "labels.csv", VOCABULARY, names)
    others = {name: value for name, value in labels.values["glasses"].items() if name != "faces/a.png"}
    assert others == dict.fromkeys(names[1:], 0.0)
    assert all(problem.row == place for problem in labels.problems)
    assert labels.problems or labels.values["hair_color"]["faces/a.png"] == "red"


def test_notes_with_line_breaks_are_one_row() -> None:
    labels = read(b'file,glasses,notes\nfaces/a.png,1,"two\nlines, both ""hers"""\nfaces/b.png,0,\n')
    assert labels.values["glasses"] == {"faces/a.png": 1.0, "faces/b.png": 0.0}
    assert labels.problems == []


@pytest.mark.parametrize("quote", ['"', "'"])
def test_an_escaped_quotation_mark_is_no_folder(quote: str) -> None:
    names = ["0.png", f"{quote}é.png", f"0{quote}é.png"]
    table = f"file,hair_color\n0.png,\n\\{quote}é.png,\n0\\{quote}é.png,black\n"
    labels = read_labels(table.encode(), "labels.csv", VOCABULARY, names)
    assert labels.values["hair_color"] == {f"0{quote}é.png": "black"}
    folder = read_labels(table.encode(), "labels.csv", VOCABULARY, [*names[:2], f"0/{quote}é.png"])
    assert folder.values["hair_color"] == {f"0/{quote}é.png": "black"}  # a folder where there is one


# What Python's csv can write: any delimiter and quoting that people's programs use, any end of line, any encoding.
TEXT = st.text(string.ascii_letters + string.digits + " ,;|'\"\\éßがプ字😀-_.()", min_size=1, max_size=12)
LABEL = st.fixed_dictionaries(
    {
        "glasses": st.sampled_from(["", "0", "1", "yes", "no"]),
        "smile": st.sampled_from(["", "-1", "0.5", "1.0", "0,25", "−0.5"]),
        "hair_color": st.sampled_from(["", "black", "blonde", "red"]),
        "notes": st.one_of(st.just(""), TEXT),
    }
)
VALUES = {"": None, "0": 0.0, "1": 1.0, "yes": 1.0, "no": 0.0, "0,25": 0.25, "−0.5": -0.5}


@settings(max_examples=250, deadline=None)
@given(
    rows=st.dictionaries(TEXT.map(str.strip).filter(lambda t: t.strip("./\\'\" ")), LABEL, min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]),
    quote=st.sampled_from(['"', "'"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp932"]),
    before=st.sampled_from(["", "\n", "# my labels\n", "Faces 2024\n"]),
    columns=st.permutations(["file", "glasses", "smile", "hair_color", "notes"]),
    doubled=st.booleans(),
)
def test_what_csv_can_write_is_read_to_the_same_labels_or_refused_by_name(
    rows, delimiter, quoting, quote, end, encoding, before, columns, doubled
) -> None:
    names = [f"{name}.png" for name in rows]
    told = io.StringIO()
    writer = csv.writer(
        told,
        delimiter=delimiter,
        quoting=quoting,
        quotechar=quote,
        lineterminator=end,
        doublequote=doubled,
        escapechar=None if doubled and quoting != csv.QUOTE_NONE else "\\",
    )
    writer.writerow(columns)
    for name, (_, cells) in zip(names, rows.items(), strict=True):
        writer.writerow([{"file": name, **cells}[column] for column in columns])
    data = (before.replace("\n", end) + told.getvalue()).encode(encoding, "replace")
    usual = encoding.startswith("utf") and quote == '"' and doubled and quoting != csv.QUOTE_NONE
    try:
        labels = read_labels(data, "labels.csv", VOCABULARY, names)
    except LabelError as refusal:
        if usual or "labels.csv" not in str(refusal):
            raise
        return
    refused = {problem.row for problem in labels.problems}
    for name, cells in zip(names, rows.values(), strict=True):
        for attribute in ("glasses", "smile", "hair_color"):
            want = VALUES.get(cells[attribute], cells[attribute])
            want = float(want) if attribute == "smile" and isinstance(want, str) else want
            got = labels.values[attribute].get(name)
            assert got == want or (got is None and refused and not usual), (name, attribute, labels.problems)

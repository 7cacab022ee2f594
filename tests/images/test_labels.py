import pytest

from anime_gen.images.labels import describe_unknown_columns, label_rules, parse_value, read_labels

RULES = label_rules(
    {
        "glasses": {"kind": "binary"},
        "smile": {"kind": "continuous", "low": -1, "high": 1},
        "hair_hue": {"kind": "cyclic", "low": 0, "high": 360},
        "hair_color": {"kind": "categorical", "classes": ["black", "blonde", "red"]},
    }
)
NAMES = ["faces/a.png", "faces/b.png", "other/b.png", "faces/c.png"]


def test_right_labels_of_every_kind_are_read() -> None:
    data = (
        b"\xef\xbb\xbffile,glasses,smile,hair_hue,hair_color\r\nfaces/a.png, 1 ,-0.5,360,red\r\nc.png,no,,120,\r\n\r\n"
    )
    labels = read_labels(data, "labels.csv", RULES, NAMES)
    assert labels.values == {
        "glasses": {"faces/a.png": 1.0, "faces/c.png": 0.0},
        "smile": {"faces/a.png": -0.5},
        "hair_hue": {"faces/a.png": 0.0, "faces/c.png": 120.0},
        "hair_color": {"faces/a.png": "red"},
    }
    assert labels.problems == []


def test_names_are_found_beside_the_file_and_by_a_unique_file_name() -> None:
    data = b"file,glasses\na.png,1\nc.png,0\n./b.png,1\n"
    assert read_labels(data, "faces/labels.csv", RULES, NAMES).values["glasses"] == {
        "faces/a.png": 1.0,
        "faces/c.png": 0.0,
        "faces/b.png": 1.0,
    }
    assert [p.row for p in read_labels(data, "labels.csv", RULES, NAMES).problems] == [4]  # two pictures named b.png


def test_every_wrong_cell_is_named_with_its_row() -> None:
    data = (
        b"file,glasses,smile,hair_color\n"
        b"faces/a.png,2,0.5,red\n"
        b"faces/b.png,1,nan,Black\n"
        b"faces/none.png,1,0,red\n"
        b"faces/c.png,1,1.5,teal\n"
        b"faces/c.png,1\n"
    )
    labels = read_labels(data, "labels.csv", RULES, NAMES)
    found = [(problem.row, problem.column, problem.value) for problem in labels.problems]
    assert found == [
        (2, "glasses", "2"),
        (3, "smile", "nan"),
        (3, "hair_color", "Black"),
        (4, "file", "faces/none.png"),
        (5, "smile", "1.5"),
        (5, "hair_color", "teal"),
        (6, "", ""),
    ]
    words = [problem.problem for problem in labels.problems]
    assert "0 or 1" in words[0]
    assert "-1..1" in words[1]
    assert "did you mean black" in words[2]
    assert "no such picture" in words[3]
    assert "2 cells under 4 columns" in words[6]
    assert labels.values["smile"] == {"faces/a.png": 0.5}
    assert labels.values["glasses"] == {"faces/b.png": 1.0, "faces/c.png": 1.0}


def test_two_rows_that_disagree_leave_the_value_unknown() -> None:
    data = b"file,glasses,smile\nfaces/a.png,1,0.5\nfaces/a.png,0,0.5\nfaces/a.png,1,0.5\n"
    labels = read_labels(data, "labels.csv", RULES, NAMES)
    assert labels.values == {"glasses": {}, "smile": {"faces/a.png": 0.5}}
    assert [(p.row, p.column) for p in labels.problems] == [(3, "glasses"), (4, "glasses")]
    assert "row 2 gives another value" in labels.problems[0].problem


def test_unknown_columns_are_named_with_the_likeliest_meaning() -> None:
    labels = read_labels(b"file,hair_colour,mood,smile\nfaces/a.png,red,fine,1\n", "labels.csv", RULES, NAMES)
    assert labels.unknown_columns == ["hair_colour", "mood"]
    assert describe_unknown_columns(labels.unknown_columns, RULES) == "hair_colour (did you mean hair_color?), mood"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "needs a column named 'file'"),
        (b"name,glasses\n", "found name, glasses"),
        (b"file;glasses\na;1\n", "needs a column named 'file'"),
        (b"file,glasses,glasses\n", "more than one column named glasses"),
        (b"file\n\xff\xff\n", "not UTF-8"),
        (b'file,glasses\n"' + b"x" * 200_000, "field larger"),
    ],
)
def test_a_file_that_is_no_table_is_said_plainly(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_labels(data, "labels.csv", RULES, NAMES)


@pytest.mark.parametrize("entry", [{"kind": "colour"}, {"kind": "categorical"}, {}])
def test_an_attribute_nothing_can_be_checked_against_is_named(entry: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"attributes\.hat"):
        label_rules({"hat": entry})


@pytest.mark.parametrize("text", ["inf", "-inf", "1e999", "nan", "", "0x1", "1,5", "١٢٣x"])
def test_numbers_are_finite_and_in_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|lie in"):
        parse_value(text, RULES["smile"])

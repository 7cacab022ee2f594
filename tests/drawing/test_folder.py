"""Folders and sheets from the command line."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anime_gen.drawing import ATTRIBUTES, read_characters, render, sample_characters
from anime_gen.drawing.__main__ import main
from anime_gen.drawing.attributes import STORED


def test_a_folder_holds_pictures_labels_and_what_makes_them_again(tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert main(["folder", str(out), "--count", "5", "--seed", "3", "--size", "32", "--workers", "1"]) == 0
    characters = read_characters(out)
    assert characters == sample_characters(5, seed=3)
    with (out / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == ["file", *ATTRIBUTES]
    for row, character in zip(rows, characters, strict=True):
        with Image.open(out / row["file"]) as kept:
            assert np.array_equal(np.asarray(kept), render(character, 32))
        labels = character.labels()
        assert float(row["smile"]) == labels["smile"]
        assert row["glasses_size"] == ("" if labels["glasses_size"] is None else str(labels["glasses_size"]))
        assert row["expression"] == labels["expression"]


def test_a_folder_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["folder", str(tmp_path), "--count", "1", "--size", "16"]
    assert main(command) == 0
    assert main(command) == 2
    assert "choose a new folder" in capsys.readouterr().err


def test_a_sheet_and_a_sweep_of_each_attribute_are_written(tmp_path: Path) -> None:
    assert main(["sheet", str(tmp_path / "sheet.png"), "--count", "4", "--size", "16", "--columns", "2"]) == 0
    assert main(["sweeps", str(tmp_path / "sweeps"), "--size", "16", "--steps", "3"]) == 0
    assert Image.open(tmp_path / "sheet.png").size == (32, 32)
    assert sorted(path.stem for path in (tmp_path / "sweeps").iterdir()) == sorted(f"sweep_{name}" for name in STORED)


def test_attributes_are_listed_with_their_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attributes"]) == 0
    text = capsys.readouterr().out
    assert "a number from 0 to 360 degrees" in text
    assert "follows from smile, mouth_open" in text


def test_what_cannot_be_drawn_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sheet", str(tmp_path / "sheet.png"), "--size", "4"]) == 2
    assert "size_px must be from 16 to 1024; got 4." in capsys.readouterr().err

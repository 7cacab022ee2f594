import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from anime_gen.serving import summary as module
from anime_gen.serving.summary import TELLERS, summary


def registry(champion, challenger=None, **tags: str):
    versions = {"champion": champion, "challenger": challenger}
    found = SimpleNamespace(name="anime_gen", version_of=versions.get, tags_of=lambda version: tags)
    return lambda store: found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(module.TrackingStore, "of", lambda project: None)
    monkeypatch.setattr(module, "in_words", lambda settings: "drawn faces")
    monkeypatch.setattr(module, "Registry", registry("3", resolution="64", origin="shipped"))
    folder = tmp_path / "data"
    (folder / module.REPORTS).mkdir(parents=True)
    return SimpleNamespace(
        loader=SimpleNamespace(env=None), chosen=SimpleNamespace(settings=None), source_folder=folder, root=tmp_path
    )


def test_what_is_not_made_yet_is_named_with_its_command(project):
    rule, *lines, last, following = summary(project).splitlines()
    assert rule == last == "-" * max(map(len, lines))
    assert lines[0].split("  ", 2)[1:] == ["Model", "     anime_gen version 3 is champion (64 px, shipped)"]
    assert lines[1].split() == ["Source", "drawn", "faces"]
    assert "  Ingest      not made yet: kedro run --pipelines=ingest " in lines[2]
    assert lines[2].endswith("data/08_reporting/ingest.json")
    assert [line.split()[0] for line in lines[2:]] == [name.capitalize() for name in TELLERS]
    assert following == "Next: `make app` opens the page on http://127.0.0.1:8501, `make mlflow` shows every run."


def test_commands_stay_in_their_environment(project):
    project.loader.env = "smoke"
    told = summary(project)
    assert "not made yet: kedro run --pipelines=publish --env=smoke" in told
    assert "`KEDRO_ENV=smoke make app`" in told
    assert "`KEDRO_ENV=smoke make mlflow`" in told


def test_a_damaged_report_counts_as_none(project):
    folder = project.source_folder / module.REPORTS
    (folder / "ingest.json").write_text("{", encoding="utf-8")
    (folder / "publish.json").write_text("[]", encoding="utf-8")
    told = summary(project)
    assert "not made yet: kedro run --pipelines=ingest" in told
    assert "not made yet: kedro run --pipelines=publish" in told


def test_reports_are_told_in_a_line_each(project):
    reports = {
        "ingest": {"accepted": 90, "seen": 100, "rejected": {"small": 4, "broken": 6}},
        "tagging": {"smile": {"r2": 0.4}, "hat": {"macro_f1": 0.81}, "bow": {"macro_f1": 0.9}, "seconds": 3},
        "generator": {"resolution": 64, "kid": 0.012345, "kid_noise_floor": 0.001, "spread_mean": 0.9},
        "directions": {"smile": {"hit_median": 0.02, "leakage_mean": 0.0512345}, "hat": {}, "note": "x"},
        "publish": {"reason": "champion: the first model"},
    }
    for name, report in reports.items():
        path = project.source_folder / module.REPORTS / f"{name}.json"
        path.write_text(json.dumps(report), encoding="utf-8")
    told = summary(project)
    assert "90 faces of 100; 10 rejected" in told
    assert "3 attributes; median F1 0.855, median R2 0.4 on held-out faces" in told
    assert "64 px; KID 0.0123 (data against data 0.001), spread 0.9 of the data's" in told
    assert "2 sliders; median miss 0.02, median leakage 0.0512" in told
    assert "champion: the first model" in told


def test_figures_that_are_not_there_are_unknown():
    assert TELLERS["directions"][0]({"hat": {}}) == "1 sliders; median miss unknown, median leakage unknown"


def test_a_set_too_small_says_so():
    assert TELLERS["generator"][0]({"resolution": 32, "reason": "not judged"}) == "32 px; not judged"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (registry(None), "no version of anime_gen registered yet"),
        (registry("2"), "anime_gen version 2 is champion (? px, ?)"),
        (registry("2", "2"), "anime_gen version 2 is champion (? px, ?)"),
        (registry("2", "3"), "anime_gen version 2 is champion (? px, ?); challenger: version 3"),
    ],
)
def test_ranks_are_told(project, monkeypatch: pytest.MonkeyPatch, found, words: str):
    monkeypatch.setattr(module, "Registry", found)
    assert words == next(line for line in summary(project).splitlines() if "Model" in line).split("  ", 2)[2].strip()


def test_a_registry_out_of_reach_says_so_in_its_place(project, monkeypatch: pytest.MonkeyPatch):
    def unreachable(store):
        raise module.RegistryUnreachableError("nothing answers")

    monkeypatch.setattr(module, "Registry", unreachable)
    assert "Model       nothing answers" in summary(project)

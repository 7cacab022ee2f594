from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from pydantic import ValidationError

from anime_gen.pipelines.ingest.nodes import FacesParameters, SourceParameters
from anime_gen.pipelines.ingest.pipeline import create_pipeline
from anime_gen.tagging.config import LabelsConfig
from tests.images.pictures import write_faces

ROOT = Path(__file__).parents[3]
OUTPUTS = {"face_store", "face_index", "rejects", "ingest_report", "data_card"}


def parameters(environment: str = "base") -> dict[str, Any]:
    values = yaml.safe_load((ROOT / "conf" / "base" / "parameters" / "ingest.yml").read_text())
    if environment != "base":
        other = yaml.safe_load((ROOT / "conf" / environment / "parameters" / "ingest.yml").read_text())
        values = {group: {**values[group], **other.get(group, {})} for group in values}
    return values


def run(data: Path, source: dict[str, Any], faces: dict[str, Any], **labels: Any) -> dict[str, Any]:
    values = parameters()
    catalog = DataCatalog(
        {
            "params:source": MemoryDataset(SourceParameters.model_validate({**values["source"], **source})),
            "params:faces": MemoryDataset(FacesParameters.model_validate({**values["faces"], "workers": 0, **faces})),
            "params:attributes": MemoryDataset({"glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"}}),
            "params:tag.labels": MemoryDataset(LabelsConfig(**labels)),
            "face_stores": MemoryDataset(data / "faces"),
        }
    )
    return {name: dataset.load() for name, dataset in SequentialRunner().run(create_pipeline(), catalog).items()}


def test_a_folder_becomes_a_store_a_table_and_what_is_said_of_them(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(5))
    (tmp_path / "in" / "notes.txt").write_text("not a picture")
    (tmp_path / "in" / "labels.csv").write_text("file,glasses\n00001.png,1\n00002.png,maybe\n")
    out = run(tmp_path, {"kind": "folder", "path": str(tmp_path / "in")}, {"resolution_px": 32, "min_accepted": 2})
    assert set(out) == OUTPUTS
    assert set(out["ingest_report"]) >= {"source", "seen", "accepted", "rejected", "duplicates", "seconds"}
    assert out["ingest_report"]["rejected"] == {"notes": 1}
    assert list(out["rejects"].columns) == ["kind", "name", "reason", "detail", "sha256"]
    assert out["rejects"]["kind"].tolist() == ["picture", "label"]
    store = out["face_store"]
    assert store.read(np.arange(len(store))).shape == (5, 32, 32, 3)
    assert len(out["face_index"]) == len(store)
    assert set(out["face_index"]["split"]) <= {"train", "tag_test", "held_out"}


@pytest.mark.parametrize("environment", ["base", "smoke", "crypko"])
def test_shipped_parameters_are_possible(environment: str) -> None:
    values = parameters(environment)
    source = SourceParameters.model_validate(values["source"]).root
    faces = FacesParameters.model_validate(values["faces"]).root
    expected = {"base": ("drawn", 6000, 64), "smoke": ("drawn", 600, 32), "crypko": ("kaggle", 6000, 256)}
    assert (source.kind, source.count, faces.resolution_px) == expected[environment]
    if environment == "crypko":
        assert source.handle == "shilou/crypko-data"


def test_a_misspelt_parameter_is_an_error_that_names_it() -> None:
    with pytest.raises(ValidationError, match="cuont"):
        SourceParameters.model_validate({"cuont": 3})
    with pytest.raises(ValidationError, match=r"faces\.resolution_px must be one of"):
        FacesParameters.model_validate({"resolution_px": 100})


def test_nothing_to_reject_is_an_empty_table(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(3))
    out = run(tmp_path, {"kind": "folder", "path": str(tmp_path / "in")}, {"resolution_px": 16, "min_accepted": 1})
    assert len(out["rejects"]) == 0


def test_advice_for_unlabelled_pictures_is_what_is_not_done_yet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_faces(tmp_path / "in", range(3))
    place = tmp_path, {"kind": "folder", "path": str(tmp_path / "in")}, {"resolution_px": 16, "min_accepted": 1}
    advice = "tag.labels.taught_by="
    assert advice in run(*place)["ingest_report"]["notes"][-1]
    assert advice in caplog.text
    caplog.clear()
    assert "tag.labels names speaks for them" in run(*place, taught_by="taggers")["ingest_report"]["notes"][-1]
    assert advice not in caplog.text

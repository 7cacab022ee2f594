"""A sub-model from labels to file, the tagger of several, and a slider added without code."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from anime_gen.attributes import Vocabulary
from anime_gen.images import ArrayFaces
from anime_gen.labels.store import STORE_NAME, LabelStore, Signature
from anime_gen.tagging.active_learning.adaptive_batch_norm import adapt_batch_norm
from anime_gen.tagging.active_learning.few_shot import learn
from anime_gen.tagging.active_learning.page_features import collect_views, tagger_views
from anime_gen.tagging.classifiers.assembly import assemble
from anime_gen.tagging.classifiers.fit import fit_sub_model
from anime_gen.tagging.classifiers.sub_model import CalibratedModel
from anime_gen.tagging.classifiers.tag_faces import tag_set
from anime_gen.tagging.classifiers.tagger import TAGGERS, Tagger
from anime_gen.tagging.classifiers.trained_group import TrainedGroup
from anime_gen.tagging.classifiers.training import one_cycle
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TaggingConfig, TrainingConfig
from anime_gen.tagging.group_training import GroupTask, train_group
from anime_gen.tagging.targets import Targets
from anime_gen.tagging.weak_supervision.label_merging import merge_labels
from anime_gen.tagging.weak_supervision.pseudo_labels import add_pseudo_labels
from anime_gen.tracking.memory_tracker import MemoryTracker
from tests.tagging.toys import ENTRIES, faces, vocabulary

COUNT = 480
TRAINING = TrainingConfig(input_px=32, batch=32, low_resolution_chance=0.0, shift_px=1, seed=3)
PICTURES, LABELS = faces(COUNT)
FACES = ArrayFaces(PICTURES)


def index_of(labels: list[dict[str, float | str | None]]) -> pd.DataFrame:
    names = list(ENTRIES)
    table = pd.DataFrame({f"label.{name}": [entry.get(name) for entry in labels] for name in names})
    table.insert(0, "id", [f"p{row}" for row in range(len(labels))])
    table["split"] = ["train"] * (COUNT - 80) + ["tag_test"] * 80
    return table


def task(group: str, words: Vocabulary | None = None, **labels: object) -> GroupTask:
    size = SubModelConfig(group=group, width=8, epochs=4)
    return GroupTask(words or vocabulary(), size, TRAINING, LabelsConfig.model_validate(labels))


def made(wish: GroupTask, index: pd.DataFrame, folder: Path, tracker: MemoryTracker | None = None) -> dict:
    """Train one group and leave it where the tag stage leaves it; its card."""
    place, answers = folder / TAGGERS / f"{wish.size.group}.safetensors", folder / STORE_NAME
    before = TrainedGroup.load(place) if TrainedGroup.is_whole(place) else None
    labels = LabelStore(answers) if answers.is_file() else None
    group = train_group(wish, FACES, index, labels, before, folder / "work", tracker or MemoryTracker())
    group.save(place)
    return group.card


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict], MemoryTracker]:
    folder, tracker = tmp_path_factory.mktemp("data"), MemoryTracker()
    index = index_of(LABELS)
    cards = {group: made(task(group), index, folder, tracker) for group in ("hair", "face", "eyewear")}
    groups = [TrainedGroup.load(folder / TAGGERS / f"{group}.safetensors") for group in cards]
    assemble(vocabulary(), groups)[0].save(folder / TAGGERS)
    return folder, cards, tracker


def test_sub_models_learn_every_kind(trained: tuple[Path, dict[str, dict], MemoryTracker]) -> None:
    report = {name: entry for card in trained[1].values() for name, entry in card["report"].items()}
    assert report["hair_color"]["macro_f1"] > 0.9
    assert report["hair_length"]["r2"] > 0.6
    assert report["hair_hue"]["r2"] > 0.8
    assert report["head_turn"]["r2"] > 0.6
    assert report["glasses"]["macro_f1"] > 0.8
    for entry in report.values():
        assert entry.keys() >= {"kind", "n_train", "n_test", "auroc", "ece", "coverage_at_95"}
        assert entry["n_test"] == 80
    json.dumps(report)


def test_each_group_reports_under_a_name_of_its_own(trained: tuple[Path, dict[str, dict], MemoryTracker]) -> None:
    kinds = ("curves", "predicted_and_true", "reliability", "most_wrong")
    expected = {f"tagging/{group}/{kind}" for group in ("hair", "face", "eyewear") for kind in kinds}
    assert {entry[0] for entry in trained[2].images} == expected


def test_an_unchanged_sub_model_is_kept_and_new_labels_train_again(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    folder, cards, _ = trained
    tracker = MemoryTracker()
    assert made(task("eyewear"), index_of(LABELS), folder, tracker) == cards["eyewear"]
    assert not tracker.images


def test_tagger_reads_and_round_trips(trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path) -> None:
    tagger = Tagger.load(trained[0] / TAGGERS)
    names = ["hair_color:red", "hair_color:green", "hair_color:blue", "hair_length", "hair_hue:cos", "hair_hue:sin"]
    assert [c.name for c in tagger.columns] == [*names, "head_turn", "glasses"]
    images = torch.from_numpy(PICTURES[:6]).permute(0, 3, 1, 2).float() / 127.5 - 1
    images.requires_grad_(True)
    readout = tagger.readout(images)
    assert readout.shape == (6, 8)
    (slope,) = torch.autograd.grad(readout[:, 6].sum(), images)
    assert float(slope.abs().sum()) > 0
    tagger.save(tmp_path)
    assert torch.equal(Tagger.load(tmp_path).readout(images), readout)
    larger = torch.nn.functional.interpolate(images, scale_factor=2)  # a picture of another size reads the same
    assert torch.allclose(tagger.readout(larger), readout, atol=1e-4)
    values = tagger.values(readout)
    assert list(values["hair_color"]) == [entry["hair_color"] for entry in LABELS[:6]]
    assert set(tagger.tags(images.detach())["glasses"].values) <= {0.0, 1.0}


def test_tags_of_a_set_go_on_after_a_stop(trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path) -> None:
    tagger, config = Tagger.load(trained[0] / TAGGERS), TaggingConfig(chunk=100)
    ids = np.array([f"p{row}" for row in range(COUNT)])
    whole = tag_set(tagger, FACES, ids, "f", config, tmp_path / "parts")
    assert len(whole) == COUNT
    assert {"id", "glasses", "glasses.confidence", "glasses.abstained"} <= set(whole.columns)

    class Stops(ArrayFaces):
        reads = 0

        def read(self, indices: np.ndarray) -> np.ndarray:
            self.reads += 1
            if self.reads > 2:
                raise KeyboardInterrupt
            return super().read(indices)

    with pytest.raises(KeyboardInterrupt):
        tag_set(tagger, Stops(PICTURES), ids, "f", config, tmp_path / "again")
    assert len(list((tmp_path / "again").rglob("*.parquet"))) == 2
    pd.testing.assert_frame_equal(tag_set(tagger, FACES, ids, "f", config, tmp_path / "again"), whole)


def test_a_new_slider_is_an_entry_and_labels(tmp_path: Path) -> None:
    entry = {"label": "Dark square", "kind": "binary", "group": "accessories"}
    words = Vocabulary.parse({**ENTRIES, "dark_square": entry})
    store = LabelStore(tmp_path / STORE_NAME)
    by = Signature("ann", "random", words.version)
    store.answer_each([("dark_square", f"p{row}", LABELS[row]["glasses"]) for row in range(COUNT)], by)  # type: ignore[misc]
    card = made(task("accessories", words), index_of(LABELS), tmp_path)
    tagger, report = assemble(words, [TrainedGroup.load(tmp_path / TAGGERS / "accessories.safetensors")])
    assert report == card["report"]
    assert report["dark_square"]["macro_f1"] > 0.8
    assert [c.name for c in tagger.columns] == ["dark_square"]


def test_no_labels_is_said_with_what_to_do(tmp_path: Path) -> None:
    bare = index_of([{} for _ in range(COUNT)])
    card = made(task("hair"), bare, tmp_path)
    assert card["trained"] is False
    assert "labels.csv" in card["report"]["hair_color"]["reason"]
    with pytest.raises(ValueError, match="no attribute has enough labels"):
        assemble(vocabulary(), [TrainedGroup.load(tmp_path / TAGGERS / "hair.safetensors")])
    with pytest.raises(ValueError, match=r"required names hair, but it has no labels.*Label page"):
        made(task("hair", required=["hair"]), bare, tmp_path)
    with pytest.raises(ValueError, match="'nose', which is no group"):
        made(task("hair", required=["nose"]), bare, tmp_path)


def test_drawn_faces_give_first_votes_where_a_set_has_no_labels(tmp_path: Path) -> None:
    bare, wish = index_of([{} for _ in range(COUNT)]), {"weak_start": "drawn", "weak_count": 100}
    card = made(task("eyewear", **wish), bare, tmp_path)
    entry = card["report"]["glasses"]
    assert card["trained"] is True
    assert (entry["votes"], entry["n_test"], entry["macro_f1"]) == ("drawn", 0, None)
    assert 0 < entry["n_train"] < 100
    assert (tmp_path / TAGGERS / "eyewear.safetensors").is_file()


def test_sub_models_taught_elsewhere_vote_where_a_set_has_no_labels(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    bare, wish = index_of([{} for _ in range(COUNT)]), {"taught_by": str(trained[0] / TAGGERS)}
    card = made(task("hair", **wish), bare, tmp_path)
    entry = card["report"]["hair_color"]
    assert (entry["votes"], entry["n_train"], entry["n_test"]) == ("guessed", COUNT - 80, 0)
    model = CalibratedModel.load(tmp_path / TAGGERS / "hair.safetensors")
    tags = Tagger([model]).tags(torch.from_numpy(PICTURES).permute(0, 3, 1, 2).float() / 127.5 - 1)["hair_color"]
    truth = np.array([entry["hair_color"] for entry in LABELS])
    assert np.mean(tags.values == truth) > 0.9
    assert tags.abstained.all()  # nobody said anything that could show how far to trust it


def test_guesses_fill_gaps_and_neither_replace_labels_nor_judge(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    said = [{"hair_color": "blue"} if row % 40 == 0 else {} for row in range(COUNT)]
    merged = merge_labels(index_of(said), vocabulary(), LabelsConfig(), None)
    add_pseudo_labels(merged, FACES, trained[0] / TAGGERS, 0.3, tmp_path)
    targets, labelled = merged.targets, np.arange(COUNT) % 40 == 0
    assert set(targets.values["hair_color"][labelled]) == {2.0}
    assert not targets.votes["hair_color"][labelled].any()
    assert np.isnan(targets.values["hair_color"][merged.testing][~labelled[merged.testing]]).all()
    guessed = merged.learning[~labelled[merged.learning]]
    assert targets.votes["hair_color"][guessed].all()
    assert 0.0 < targets.weights["hair_color"][guessed].min() <= targets.weights["hair_color"][guessed].max() <= 0.3
    assert set(merged.random) == set(merged.learning[labelled[merged.learning]])
    first = targets.values["hair_color"].copy()
    again = merge_labels(index_of(said), vocabulary(), LabelsConfig(), None)
    add_pseudo_labels(again, Unreadable(PICTURES), trained[0] / TAGGERS, 0.3, tmp_path)  # looked at once, kept
    np.testing.assert_array_equal(again.targets.values["hair_color"], first)
    with pytest.raises(FileNotFoundError, match=r"taught_by: no sub-models in .*none"):
        add_pseudo_labels(merged, FACES, tmp_path / "none", 0.3, tmp_path)


def test_guesses_do_not_calibrate(trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path) -> None:
    said = [{"hair_color": entry["hair_color"]} for entry in LABELS[:150]] + [{} for _ in LABELS[150:]]
    wish = task("hair", taught_by=str(trained[0] / TAGGERS))
    card = made(wish, index_of(said), tmp_path)
    model = CalibratedModel.load(tmp_path / TAGGERS / "hair.safetensors")
    assert model.calibrations["hair_color"].threshold < 1.0
    assert model.calibrations["hair_length"].threshold > 1.0  # the pictures at hand have guessed lengths only
    assert ("votes" in card["report"]["hair_length"], "votes" in card["report"]["hair_color"]) == (True, False)


def test_drawn_labels_calibrate_what_was_only_guessed(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    words = {"hair_color": ENTRIES["hair_color"], "hair_length": ENTRIES["hair_length"]}
    targets = Targets(Vocabulary.parse(words), COUNT)
    every, own = np.arange(COUNT), COUNT - 200
    said = [str(entry["hair_color"]) for entry in LABELS]
    lengths = [float(str(entry["hair_length"])) for entry in LABELS]
    targets.put("hair_color", every, said, 1.0)
    targets.put("hair_length", every[:own], lengths[:own], 0.3, votes=True)
    targets.put("hair_length", every[own:], lengths[own:], 0.3)  # drawn faces come after the set's own
    attributes = tuple(targets.vocabulary.values())
    size = SubModelConfig(group="hair", width=8, epochs=1)
    fitted = fit_sub_model(attributes, PICTURES.__getitem__, targets, every, every, size, TRAINING, own)
    assert fitted.model.calibrations["hair_length"].scale != 1.0


def test_answers_without_a_word_from_a_sub_model_are_not_spread_over_the_set(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    words = Vocabulary.parse({**ENTRIES, "scar": {"label": "Scar", "kind": "binary", "group": "face"}})
    index = index_of([{} for _ in range(COUNT)])
    index["label.scar"] = [0.0] * 5 + [None] * (COUNT - 5)
    merged = merge_labels(index, words, LabelsConfig(), None)
    add_pseudo_labels(merged, FACES, trained[0] / TAGGERS, 0.3, tmp_path)
    assert merged.targets.known("scar").sum() == 5
    wish = task("face", words, taught_by=str(trained[0] / TAGGERS), required=["scar"])
    with pytest.raises(ValueError, match="scar, but it has no labels: 5 labelled"):
        made(wish, index, tmp_path)


class Unreadable(ArrayFaces):
    def read(self, rows: np.ndarray) -> np.ndarray:
        raise AssertionError("read again")


def test_a_sub_model_of_another_shape_is_no_start_and_that_is_said(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wish = task("hair", taught_by=str(trained[0] / TAGGERS))
    wider = GroupTask(wish.vocabulary, wish.size.model_copy(update={"width": 12, "epochs": 1}), TRAINING, wish.labels)
    made(wider, index_of(LABELS), tmp_path)
    assert "sub-model hair starts from nothing" in caplog.text
    assert f"--params tag.hair.sub_model.width={wish.size.width}" in caplog.text
    assert "Shape(" not in caplog.text


@pytest.mark.parametrize("steps", [*range(1, 12), 100])
def test_a_cycle_of_any_length_goes_up_and_comes_down(steps: int) -> None:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    cycle, rates = one_cycle(optimiser, steps), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        cycle.step()
    assert rates[0] == pytest.approx(0.04)
    assert max([*rates, optimiser.param_groups[0]["lr"]]) > 0.9
    assert steps == 1 or optimiser.param_groups[0]["lr"] < 0.001


def test_a_damaged_file_is_named(trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path) -> None:
    path = tmp_path / "hair.safetensors"
    path.write_bytes((trained[0] / TAGGERS / "hair.safetensors").read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"hair\.safetensors is not a sub-model file"):
        CalibratedModel.load(path)
    with pytest.raises(FileNotFoundError, match="kedro run --pipelines=tag"):
        Tagger.load(tmp_path)


def test_settled_among_paler_pictures_it_reads_them_better(
    trained: tuple[Path, dict[str, dict], MemoryTracker],
) -> None:
    tagger = Tagger.load(trained[0] / TAGGERS)
    usual = torch.from_numpy(PICTURES[-80:]).permute(0, 3, 1, 2).float() / 127.5 - 1
    paler = 0.5 * usual + 0.5
    adapted = adapt_batch_norm(tagger, paler.split(40))
    truth = np.array([entry["hair_length"] for entry in LABELS[-80:]], dtype=float)

    def miss(model: Tagger) -> float:
        return float(np.abs(model.values(model.readout(paler))["hair_length"] - truth).mean())

    assert miss(adapted) < 0.7 * miss(tagger)
    assert torch.equal(tagger.readout(usual), Tagger.load(trained[0] / TAGGERS).readout(usual))


def test_the_label_page_asks_every_sub_model_in_two_variants(
    trained: tuple[Path, dict[str, dict], MemoryTracker], tmp_path: Path
) -> None:
    views = collect_views(FACES, vocabulary(), [trained[0] / "none", trained[0] / TAGGERS, trained[0] / TAGGERS])
    assert set(views.common) == {"lines", "colours", "seen"}
    assert set(views.predictions) == set(ENTRIES)
    assert all(set(predictions) == {"taught", "adapted"} for predictions in views.predictions.values())
    assert {len(view) for name in ENTRIES for view in views.of(name).values()} == {COUNT}
    truth = [("red", "green", "blue").index(str(entry["hair_color"])) for entry in LABELS]
    guess = learn(vocabulary()["hair_color"], views, np.zeros(0, dtype=int), np.zeros(0))
    assert np.mean(guess.value == truth) > 0.95
    left_out = tagger_views(Tagger.load(trained[0] / TAGGERS), PICTURES.__getitem__, COUNT, left_out="hair")
    assert set(left_out.predictions) == {"head_turn", "glasses"}
    other = vocabulary().dump()
    other["hair_color"]["classes"] = ["red", "green", "blue", "pink"]
    heard = collect_views(FACES, Vocabulary.parse(other), [trained[0] / TAGGERS])
    assert set(heard.predictions) == set(ENTRIES) - {"hair_color"}  # it has no word for pink
    damaged = tmp_path / "damaged"
    shutil.copytree(trained[0] / TAGGERS, damaged)
    (damaged / "hair.safetensors").write_bytes(b"half a file")
    assert collect_views(FACES, vocabulary(), [damaged]).predictions == {}
    (damaged / "hair.safetensors").unlink()
    assert collect_views(FACES, vocabulary(), [damaged]).predictions == {}

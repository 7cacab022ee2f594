import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from anime_gen.serving.bundle import Bundle, BundleParts
from anime_gen.serving.manifest import BundleError, verify, write_manifest
from anime_gen.serving.rendering import Renderer
from anime_gen.stylegan2 import load_discriminator
from tests.conftest import ATTRIBUTES

GENERATOR = "generator.safetensors"
DISCRIMINATOR = "discriminator.safetensors"


def test_a_small_picture_is_made_on_one_thread_whatever_the_process_has(renderer: Renderer):
    seen = []
    paint = renderer._paint

    def noted(ws: torch.Tensor) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return paint(ws)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(renderer, "_paint", noted)
            renderer.render(renderer.latent(1, 0.7), {"smile": 0.5})
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


def rewrite(path: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """Change a safetensors file's tensors, metadata kept."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    change(tensors)
    save_file(tensors, path, metadata=metadata)


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "copy"))


def test_a_whole_bundle_is_read(bundle: Bundle):
    assert bundle.directions.attributes == list(ATTRIBUTES)
    assert bundle.generator.config.resolution == 16
    assert bundle.reports == {"generator": {"kid": 0.1}}
    assert len(bundle.sha256) == 64


def test_the_hash_is_that_of_the_networks_alone(copy: Path, bundle: Bundle, other_bundle_folder: Path):
    (copy / "card.json").write_text(json.dumps({"resolution": 16, "new": True}))
    write_manifest(copy)
    assert Bundle.load(copy).sha256 == bundle.sha256
    assert verify(other_bundle_folder)["networks_sha256"] != bundle.sha256


def flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / GENERATOR).read_bytes())
    data[-5] ^= 1
    (folder / GENERATOR).write_bytes(data)


def cut(folder: Path) -> None:
    data = (folder / GENERATOR).read_bytes()
    (folder / GENERATOR).write_bytes(data[:-100])


def swap_files(folder: Path) -> None:
    a, b = folder / GENERATOR, folder / "directions.safetensors"
    first = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(first)


def swap_tensors(tensors: dict[str, torch.Tensor]) -> None:
    first, second = "mapping.layers.0.weight", "mapping.layers.0.bias"
    tensors[first], tensors[second] = tensors[second].clone(), tensors[first].clone()


def put_nan(tensors: dict[str, torch.Tensor]) -> None:
    tensors["mapping.layers.1.weight"][0, 0] = torch.nan


def halve(tensors: dict[str, torch.Tensor]) -> None:
    tensors["mapping.layers.1.weight"] = tensors["mapping.layers.1.weight"].half()


def drop(tensors: dict[str, torch.Tensor]) -> None:
    del tensors["mapping.layers.1.weight"]


def add_file(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"x")


def add_link(folder: Path) -> None:
    (folder / "taggers" / "link.json").symlink_to("/etc/hostname")


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(manifest | changes))

    return edit


def claim_huge_header(folder: Path) -> None:
    data = (folder / GENERATOR).read_bytes()
    (folder / GENERATOR).write_bytes((10 * 1024**3).to_bytes(8, "little") + data[8:])
    write_manifest(folder)


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


ENTRY = {"sha256": "0" * 64, "bytes": 1}
DAMAGE = {
    "bit flip": (flip_a_bit, "generator.safetensors.* changed or damaged"),
    "truncated": (cut, "generator.safetensors.* bytes instead of"),
    "swapped files": (swap_files, "bytes instead of|changed or damaged"),
    "missing file": (remove(GENERATOR), "generator.safetensors.* missing"),
    "missing manifest": (remove("manifest.json"), "no bundle at"),
    "unlisted file": (add_file, "weights.bin.* does not list"),
    "link": (add_link, "link.json.* does not list"),
    "huge header": (claim_huge_header, "claims a header of 10737418240 bytes"),
    "manifest no JSON": (lambda folder: (folder / "manifest.json").write_text("{"), "not readable JSON"),
    "unknown version": (edit_manifest(schema=99), "schema 99"),
    "no files": (edit_manifest(files={}), "does not list"),
    "files of a wrong form": (edit_manifest(files={"a.json": 1}), "another form"),
    "file that may hold code": (edit_manifest(files={"model.pt": ENTRY}), "model.pt: only"),
    "path outside": (edit_manifest(files={"../x.json": ENTRY}), "outside the bundle"),
    "absolute path": (edit_manifest(files={"/etc/x.json": ENTRY}), "outside the bundle"),
    "too large": (edit_manifest(files={"a.json": {"sha256": "", "bytes": 2**40}}), "claims more than"),
    "wrong network hash": (edit_manifest(networks_sha256="0"), "contradicts itself"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_bundle_is_refused_and_says_why(copy: Path, name: str):
    damage, words = DAMAGE[name]
    damage(copy)
    with pytest.raises(BundleError, match=words):
        Bundle.load(copy)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (swap_tensors, "mapping.layers.0"),
        (put_nan, "NaN"),
        (halve, "float16"),
        (drop, "misses mapping.layers.1.weight"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_even_with_a_matching_manifest(copy: Path, change, words: str):
    rewrite(copy / GENERATOR, change)
    write_manifest(copy)
    with pytest.raises(BundleError, match=words):
        Bundle.load(copy)


@pytest.mark.parametrize("file", ["directions.safetensors", "taggers/hair.safetensors"])
def test_other_networks_with_nan_are_refused(copy: Path, file: str):
    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        next(value for value in tensors.values() if value.is_floating_point() and value.numel() > 1).view(-1)[0] = (
            torch.nan
        )

    rewrite(copy / file, spoil)
    write_manifest(copy)
    with pytest.raises(BundleError, match=r"NaN"):
        Bundle.load(copy)


def test_directions_of_other_taggers_are_refused(copy: Path):
    listed = json.loads((copy / "taggers/tagger.json").read_text())
    listed["attributes"].remove("smile")
    (copy / "taggers/tagger.json").write_text(json.dumps(listed))
    write_manifest(copy)
    with pytest.raises(BundleError, match="other taggers"):
        Bundle.load(copy)


def test_a_new_bundle_takes_the_place_of_the_old_one_and_equal_networks_have_equal_bytes(tmp_path: Path, copy: Path):
    old, critic = Bundle.load(copy), load_discriminator(copy / DISCRIMINATOR)
    for note in ("first", "second"):
        card = {"resolution": 16, "note": note}
        sha256 = BundleParts(old.generator, critic, old.tagger, old.directions, card, {}).write(tmp_path / "place")
        assert sha256 == old.sha256
    assert Bundle.load(tmp_path / "place").card["note"] == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "place"]


def test_the_same_networks_make_the_same_picture(bundle: Bundle, copy: Path):
    pictures = [Renderer(one).render(Renderer(one).latent(5, 0.7), {}).pixels for one in (bundle, Bundle.load(copy))]
    assert (pictures[0] == pictures[1]).all()


def test_the_shipped_model_knows_what_is_seen_only_with_glasses_and_what_a_name_of_a_colour_stands_for():
    vocabulary = Bundle.load(Path("data/06_models/shipped")).tagger.vocabulary
    assert vocabulary["glasses_size"].shown_with == "glasses"
    assert set(vocabulary["hair_color"].decided_by) == {"hair_hue", "hair_saturation", "hair_lightness"}

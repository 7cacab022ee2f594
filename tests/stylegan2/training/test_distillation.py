from pathlib import Path

import pytest
import torch
from torch.nn import functional

from anime_gen.stylegan2 import Generator, draw_characters, load_generator, save_network
from anime_gen.stylegan2.training.command_line import main
from anime_gen.stylegan2.training.distillation import distil, lower_blocks
from tests.conftest import tiny_tag_generator


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of 16 px whose highest block says much that its lower ones don't."""
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("teacher") / "generator.safetensors"
    generator = tiny_tag_generator()
    with torch.no_grad():
        for block in generator.synthesis.blocks:
            block.to_rgb.weight *= 0.2  # untaught colours are far too strong
        generator.synthesis.blocks[-1].to_rgb.bias += 0.4
    save_network(generator, path, {"images_seen": 7})
    return path


def distance(small: Generator, large: Generator) -> float:
    """How far characters of the smaller one are from those of the larger one, averaged down."""
    z, tags = draw_characters(large, range(40))
    with torch.inference_mode():
        whole = large.synthesis(large.mapping(z, 0.7, None, tags)).clamp(-1, 1)
        made = small.synthesis(small.mapping(z, 0.7, None, tags))
    return float((made - functional.avg_pool2d(whole, whole.shape[-1] // made.shape[-1])).square().mean())


def test_the_student_draws_the_teachers_characters(teacher: Path):
    large = load_generator(teacher)
    small = large.config.resolution // 2
    start, student = lower_blocks(large, small).eval(), distil(teacher, small, images=16 * 150)
    assert student.config.resolution == small
    assert distance(student, large) < 0.45 * distance(start, large)


def test_characters_keep_their_numbers_and_their_tags(teacher: Path):
    large = load_generator(teacher)
    student = distil(teacher, large.config.resolution // 2, images=16)
    for ours, theirs in zip(draw_characters(student, [3, 4]), draw_characters(large, [3, 4]), strict=True):
        assert torch.equal(ours, theirs)
    z, tags = draw_characters(large, [5])
    assert torch.equal(student.mapping(z, 0.7, None, tags)[:, 0], large.mapping(z, 0.7, None, tags)[:, 0])


def test_the_command_writes_a_generator_whose_card_tells(teacher: Path, tmp_path: Path, capsys):
    out = tmp_path / "small" / "generator.safetensors"
    wish = ["distil", "--teacher", str(teacher), "--resolution", "8", "--images", "40", "--out", str(out)]
    assert main(wish) == 0
    card = load_generator(out).card
    assert card["images_seen"] == 7
    assert (card["distilled"]["from_px"], card["distilled"]["images"]) == (16, 32)
    assert f"{card['distilled']['psnr']} dB" in capsys.readouterr().out


@pytest.mark.parametrize(("resolution", "images", "named"), [(16, 64, "resolution"), (12, 64, "8"), (8, 3, "images")])
def test_what_cannot_be_is_refused(teacher: Path, resolution: int, images: int, named: str):
    with pytest.raises(ValueError, match=named):
        distil(teacher, resolution, images)

"""One report on a generator: how close to unseen faces, how diverse, how original, each beside its noise floor."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.density_coverage import density_coverage, expected_coverage
from anime_gen.evaluation.features import extract, to_images, to_pictures
from anime_gen.evaluation.frechet import frechet_distance
from anime_gen.evaluation.kernel_distance import KernelDistance, kernel_distance
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.originality import Originality, judge_originality
from anime_gen.evaluation.statistics import finite
from anime_gen.evaluation.traits import trait_distances
from anime_gen.evaluation.vendi import vendi
from anime_gen.latent.protocols import GeneratorLike, Progress, silent
from anime_gen.latent.sampling import draw_ws

FEWEST = 20
"""Held-out faces below which a comparison would be a guess."""


@dataclass(frozen=True)
class Evidence:
    """The pictures behind a report, uint8 [n, r, r, 3]: samples, held-out and training faces."""

    samples: np.ndarray
    held_out: np.ndarray
    train: np.ndarray
    originality: Originality


def judge_generator(
    generator: GeneratorLike,
    measurer: Measurer,
    train: np.ndarray,
    held_out: np.ndarray,
    config: QualityConfig,
    progress: Progress = silent,
) -> tuple[dict[str, Any], Evidence]:
    """The generator report of design.md section 4 (without what only its card knows) and the pictures behind it.

    `train` and `held_out` are real faces uint8 [n, r, r, 3] at the generator's resolution; the model must never have
    seen the latter. The noise floor compares training faces with held-out ones as if they were samples. Raises
    ValueError for fewer than 20 held-out faces.
    """
    if len(held_out) < FEWEST or len(train) < FEWEST:
        raise ValueError(
            f"a generator is judged by at least {FEWEST} held-out and {FEWEST} training faces; there are "
            f"{len(held_out)} and {len(train)}. Ingest more faces"
        )
    start = time.monotonic()
    held_out, train = held_out[: config.samples], train[: config.train_faces]
    samples = paint(generator, config.samples, 1.0, config, progress)
    real, floor = extract(measurer, held_out), extract(measurer, train[: config.samples])
    made = extract(measurer, samples)
    originality = judge_originality(train, held_out, samples)
    report = _distances(real, floor, made, config) | _diversity(real, floor, made, config) | _copies(originality)
    report["traits"] = _traits(measurer, held_out, samples, train[: config.samples])
    report["trait_distance"] = _mean(report["traits"], "distance")
    report["trait_distance_noise_floor"] = _mean(report["traits"], "noise_floor")
    report["truncation"] = truncation_curve(generator, measurer, real, config, progress)
    report["counts"] = {"samples": len(samples), "held_out": len(held_out), "train": len(train)}
    report["seconds"] = round(time.monotonic() - start, 2)
    return report, Evidence(samples, held_out, train, originality)


def paint(
    generator: GeneratorLike, count: int, psi: float, config: QualityConfig, progress: Progress = silent
) -> np.ndarray:
    """Unfiltered samples uint8 [count, r, r, 3]; the same characters for every psi."""
    ws = draw_ws(generator, count, config.seed, "judged samples", psi)
    starts = range(0, count, config.batch)
    with torch.inference_mode():
        parts = [
            to_pictures(generator.synthesis(ws[i : i + config.batch]))
            for i in progress(starts, f"painting {count} faces, psi {psi:g}")
        ]
    return np.concatenate(parts)


def truncation_curve(
    generator: GeneratorLike, measurer: Measurer, real: np.ndarray, config: QualityConfig, progress: Progress = silent
) -> list[dict[str, float | None]]:
    """Fidelity against diversity: KID, density, coverage and Vendi for each psi, at one number of samples."""
    curve = []
    for psi in config.truncations:
        made = extract(measurer, paint(generator, config.truncation_samples, psi, config, progress))
        near = density_coverage(real, made, _k(real, config))
        point = {"psi": psi, "kid": _kid(real, made, config).value}
        curve.append(point | {"density": near.density, "coverage": near.coverage, "vendi": vendi(made)})
    return [{key: finite(value) for key, value in point.items()} for point in curve]


def _distances(real: np.ndarray, floor: np.ndarray, made: np.ndarray, config: QualityConfig) -> dict[str, Any]:
    kid, kid_floor = _kid(real, made, config), _kid(real, floor, config)
    n = min(len(floor), len(made))
    return {
        "kid": kid.value,
        "kid_standard_error": kid.standard_error,
        "kid_noise_floor": kid_floor.value,
        "kid_noise_floor_standard_error": kid_floor.standard_error,
        "frechet": frechet_distance(real, made[:n]),
        "frechet_noise_floor": frechet_distance(real, floor[:n]),
    }


def _diversity(real: np.ndarray, floor: np.ndarray, made: np.ndarray, config: QualityConfig) -> dict[str, Any]:
    k = _k(real, config)
    n = min(len(real), len(made), len(floor))
    near, data = density_coverage(real, made[:n], k), density_coverage(real, floor[:n], k)
    return {
        "density": near.density,
        "density_data": data.density,
        "coverage": near.coverage,
        "coverage_data": data.coverage,
        "coverage_expected": expected_coverage(len(real), n, k),
        "vendi": vendi(made[:n]),
        "vendi_data": vendi(real[:n]),
    }


def _copies(originality: Originality) -> dict[str, Any]:
    return {
        "copies_flagged": originality.copies_flagged,
        "copies_share": originality.share_below_quantile,
        "copies_share_expected": 0.01,
        "copying_z": finite(originality.c_t),
        "copying": originality.copying,
    }


def _traits(
    measurer: Measurer, held_out: np.ndarray, samples: np.ndarray, train: np.ndarray
) -> dict[str, dict[str, float]]:
    def measure(pictures: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            parts = [measurer.readout(to_images(pictures[i : i + 256])) for i in range(0, len(pictures), 256)]
        return measurer.values(torch.cat(parts))

    return trait_distances(measurer, measure(held_out), measure(samples), measure(train))


def _mean(traits: dict[str, dict[str, float]], key: str) -> float:
    return float(np.mean([entry[key] for entry in traits.values()]))


def _kid(real: np.ndarray, made: np.ndarray, config: QualityConfig) -> KernelDistance:
    return kernel_distance(real, made, subsets=config.subsets, subset_size=config.subset_size, seed=config.seed)


def _k(real: np.ndarray, config: QualityConfig) -> int:
    return min(config.neighbours, len(real) - 1)

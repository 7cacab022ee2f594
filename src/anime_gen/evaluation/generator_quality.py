"""One report on a generator: how close to unseen faces, how diverse, how original, each beside its noise floor."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from anime_gen.evaluation.characters import latents, paint
from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.distances.density_coverage import density_coverage, expected_coverage
from anime_gen.evaluation.distances.frechet import frechet_distance
from anime_gen.evaluation.distances.kernel_distance import kernel_distance
from anime_gen.evaluation.distances.memorisation import Memorisation, judge_memorisation
from anime_gen.evaluation.distances.vendi import vendi
from anime_gen.evaluation.irises import eyes_match
from anime_gen.evaluation.marginals import (
    class_distances,
    marginal_distances,
    mean_spread,
    mean_spread_error,
    spreads,
)
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.obedience import Condition, obedience
from anime_gen.evaluation.observation import Observation, observe
from anime_gen.evaluation.statistics import finite, known_mean
from anime_gen.evaluation.tag_swaps import TagSwaps, soft
from anime_gen.images.faces import Faces
from anime_gen.latent.protocols import Progress, silent
from anime_gen.stylegan2 import Generator

FEWEST = 20
"""Held-out faces below which a comparison would be a guess."""
CROWDED = 1.3
"""Density above which the samples crowd where the data is dense: coverage then looks better, not worse, than it is."""


@dataclass(frozen=True)
class Evidence:
    """The pictures behind a report: samples and held-out faces uint8 [n, r, r, 3], and all training faces."""

    samples: np.ndarray
    held_out: np.ndarray
    train: Faces
    memorisation: Memorisation


def judge_generator(
    generator: Generator,
    measurer: Measurer,
    train: Faces,
    held_out: np.ndarray,
    config: QualityConfig,
    progress: Progress = silent,
) -> tuple[dict[str, Any], Evidence]:
    """The generator report of design.md section 4 (without what only its card knows) and the pictures behind it.

    `train`, all it learnt from, and `held_out` uint8 [n, r, r, 3], of which it must never have seen any, are at the
    generator's resolution. The noise floor compares training faces with held-out ones as if they were samples. Raises
    ValueError for fewer than 20 held-out faces.
    """
    if len(held_out) < FEWEST or len(train) < FEWEST:
        raise ValueError(
            f"a generator is judged by at least {FEWEST} held-out and {FEWEST} training faces; there are "
            f"{len(held_out)} and {len(train)}. Ingest more faces"
        )
    start = time.monotonic()
    held_out = held_out[: config.samples]
    known = np.random.default_rng(config.seed).permutation(len(train))[: config.samples]
    ws, tags = latents(generator, range(config.seed, config.seed + config.samples))
    samples = paint(generator, ws, config.batch, progress, f"painting {config.samples} faces")
    real, floor = observe(measurer, held_out), observe(measurer, train.read(known))
    made = observe(measurer, samples)
    copies = judge_memorisation(train, held_out, samples, progress)
    report = _distances(real, floor, made) | _diversity(real, floor, made, config) | _copies(copies)
    report |= _variety(measurer, real, floor, made)
    report |= _eyes(real, floor, made)
    report |= _tags(generator, measurer, tags, made, config, progress)
    report["truncation"] = truncation_curve(generator, measurer, real, config, progress)
    report["counts"] = {"samples": len(samples), "held_out": len(held_out), "train": len(train)}
    report["seconds"] = round(time.monotonic() - start, 2)
    return report, Evidence(samples, held_out, train, copies)


def truncation_curve(
    generator: Generator, measurer: Measurer, real: Observation, config: QualityConfig, progress: Progress = silent
) -> list[dict[str, float | None]]:
    """Fidelity against diversity: KID, density, coverage and Vendi for each psi, at one number of samples."""
    curve = []
    for psi in config.truncations:
        ws, _ = latents(generator, range(config.seed, config.seed + config.truncation_samples), psi)
        made = observe(measurer, paint(generator, ws, config.batch, progress, f"painting faces, psi {psi:g}")).features
        near = density_coverage(real.features, made, _k(real, config))
        point = {"psi": psi, "kid": kernel_distance(real.features, made).value}
        curve.append(point | {"density": near.density, "coverage": near.coverage, "vendi": vendi(made)})
    return [{key: finite(value) for key, value in point.items()} for point in curve]


def _distances(real: Observation, floor: Observation, made: Observation) -> dict[str, Any]:
    kid, kid_floor = kernel_distance(real.features, made.features), kernel_distance(real.features, floor.features)
    n = min(len(floor), len(made))
    return {
        "kid": kid.value,
        "kid_standard_error": kid.standard_error,
        "kid_noise_floor": kid_floor.value,
        "kid_noise_floor_standard_error": kid_floor.standard_error,
        "kid_centre": kernel_distance(real.centre, made.centre).value,
        "kid_centre_noise_floor": kernel_distance(real.centre, floor.centre).value,
        "frechet": frechet_distance(real.features, made.features[:n]),
        "frechet_noise_floor": frechet_distance(real.features, floor.features[:n]),
    }


def _diversity(real: Observation, floor: Observation, made: Observation, config: QualityConfig) -> dict[str, Any]:
    k = _k(real, config)
    n = min(len(real), len(made), len(floor))
    near = density_coverage(real.features, made.features[:n], k)
    data = density_coverage(real.features, floor.features[:n], k)
    return {
        "density": near.density,
        "density_data": data.density,
        "density_alarm": near.density > CROWDED,
        "coverage": near.coverage,
        "coverage_data": data.coverage,
        "coverage_expected": expected_coverage(len(real), n, k),
        "vendi": vendi(made.features[:n]),
        "vendi_data": vendi(real.features[:n]),
    }


def _variety(measurer: Measurer, real: Observation, floor: Observation, made: Observation) -> dict[str, Any]:
    """Spread and frequencies of each attribute, and the distances of its values, beside those of other real faces."""
    words = measurer.vocabulary
    spread, spread_data = spreads(words, real.shown, made.shown), spreads(words, real.shown, floor.shown)
    marginals = marginal_distances(words, real.shown, made.shown, floor.shown)
    return {
        "spread": spread,
        "spread_mean": mean_spread(spread),
        "spread_mean_standard_error": mean_spread_error(words, real.shown, made.shown),
        "spread_mean_data": mean_spread(spread_data),
        "class_distance": class_distances(words, real.shown, made.shown),
        "class_distance_data": class_distances(words, real.shown, floor.shown),
        "marginals": marginals,
        "marginal_distance": known_mean(entry["distance"] for entry in marginals.values()),
        "marginal_distance_noise_floor": known_mean(entry["noise_floor"] for entry in marginals.values()),
    }


def _eyes(real: Observation, floor: Observation, made: Observation) -> dict[str, Any]:
    """Held-out faces say how much irises may differ; training faces give the data's own share."""
    return {
        "eyes_match": eyes_match(real.irises, made.irises),
        "eyes_match_data": eyes_match(real.irises, floor.irises),
    }


def _tags(
    generator: Generator,
    measurer: Measurer,
    tags: torch.Tensor | None,
    made: Observation,
    config: QualityConfig,
    progress: Progress,
) -> dict[str, Any]:
    """How the generator follows its tags; nulls for an unconditional one."""
    if tags is None:
        return {"obedience": None, "obedience_median": None, "swap": None}
    followed = obedience(Condition(generator.config.condition, measurer.vocabulary), tags, made.values)
    known = [value for value in followed.values() if value is not None]
    first = config.seed + config.samples  # other characters than those whose spread is the unit
    swaps = TagSwaps(generator, measurer, range(first, first + config.swap_characters), _deviations(measurer, made))
    return {
        "obedience": followed,
        "obedience_median": finite(np.median(known)) if known else None,
        "swap": swaps.judge(progress),
    }


def _deviations(measurer: Measurer, made: Observation) -> torch.Tensor:
    return soft(measurer, made.readout).std(0).clamp_min(1e-3)


def _copies(found: Memorisation) -> dict[str, Any]:
    return {
        "copies_flagged": found.copies_flagged,
        "copies_share": found.share_below_quantile,
        "copies_share_expected": 0.01,
        "copying_z": finite(found.c_t),
        "copying": found.copying,
    }


def _k(real: Observation, config: QualityConfig) -> int:
    return min(config.neighbours, len(real) - 1)

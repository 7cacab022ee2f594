"""Publish a bundle: register it, let it pass the gate, move the aliases, say what happened."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from anime_gen.evaluation.measurer import Measurer
from anime_gen.images.faces import ArrayFaces, Faces
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.gate import FEWEST_FACES, Decision, GateRule, compare, decide, table, too_few_faces
from anime_gen.serving.manifest import BundleError
from anime_gen.serving.registry import (
    CHALLENGER,
    CHAMPION,
    ModelUnavailableError,
    NoModelError,
    Registry,
    register_shipped,
)
from anime_gen.tracking.active import active_tracker

UNSEEN = ("held_out", "tag_test")
"""Splits the generator never trains on."""

FIGURES = (
    *("kid", "kid_noise_floor", "kid_centre", "kid_centre_noise_floor", "spread_mean", "spread_mean_data"),
    *("obedience_median", "eyes_match", "eyes_match_data", "density", "coverage", "vendi", "vendi_data"),
    "copies_flagged",
)


class PublishConfig(BaseModel):
    """Parameters of the publish stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipped: str | None = Field(default=None, description="bundle that an empty registry gets first")
    gate: GateRule | None = Field(default=GateRule(), description="null: every new model becomes champion")
    note: str = Field(default="", max_length=2000, description="words for the card, such as what is new")


def make_card(
    training: Mapping[str, Any],
    generator_card: Mapping[str, Any],
    data_card: Mapping[str, Any],
    generator_report: Mapping[str, Any],
    attributes: list[str],
    note: str,
) -> dict[str, Any]:
    """What anybody should know before using the model: data, licence, training, figures, what it can move.

    `training`: what the generator's own file says of it. `generator_card`: what the train stage says of it.
    """
    source, reason = generator_card.get("source"), generator_report.get("reason")
    return {
        "resolution": generator_card["resolution"],
        "data": _words(source),
        "data_fingerprint": generator_card.get("data_fingerprint"),
        "licence": data_card.get("licence") or "not stated",
        "pictures": generator_card.get("pictures"),
        "images_seen": generator_card.get("images_seen"),
        "training_seconds": generator_card.get("seconds"),
        "training": training,
        "figures": {name: generator_report.get(name) for name in FIGURES},
        "attributes": attributes,
        "note": note,
        "made": datetime.date.today().isoformat(),
    } | ({"quality": reason} if reason else {})


def publish(
    bundle: Bundle,
    registry: Registry,
    shipped: Path | None,
    held_out: np.ndarray,
    measurer: Measurer,
    config: PublishConfig,
) -> dict[str, Any]:
    """Register the bundle as challenger and, if it wins the gate, as champion; the publish report.

    `held_out`: faces no model has trained on, uint8 [n, r, r, 3]. An empty registry first gets the shipped model.
    """
    if shipped is not None:
        register_shipped(registry, shipped)
    version = registry.register(bundle.folder, origin="publish", run_id=_run_id())
    registry.set_alias(CHALLENGER, version)
    decision, rows = _judge(bundle, version, registry, ArrayFaces(held_out), measurer, config.gate)
    rank = "is champion" if decision.promoted else "is challenger only"
    before = registry.version_of(CHAMPION)
    if decision.promoted:
        registry.set_alias(CHAMPION, version)
    verdict = f"Version {version} {rank}: {decision.reason}."
    registry.judged(version, bundle.card, verdict, rows)
    return {
        "model": registry.name,
        "version": version,
        "champion_before": before,
        "champion": registry.version_of(CHAMPION),
        "promoted": decision.promoted,
        "reason": verdict,
        "rule": None if config.gate is None else config.gate.model_dump(),
        "scores": rows,
        "registry": registry.store.uri,
    }


def _judge(
    challenger: Bundle, version: str, registry: Registry, held_out: Faces, measurer: Measurer, rule: GateRule | None
) -> tuple[Decision, list[dict[str, Any]]]:
    if rule is None:
        return Decision(True, "the gate is off"), []
    try:
        champion, champion_version = registry.load(CHAMPION)
    except NoModelError:
        return Decision(True, "there was no champion"), []
    except ModelUnavailableError as error:  # a server that is away for a minute must not cost it its rank
        return Decision(False, f"the champion could not be fetched to compare with, and stays ({error})"), []
    except BundleError as error:
        return Decision(True, f"the champion cannot be opened ({error})"), []
    if champion_version == version:
        return Decision(True, "these networks are the champion's already"), []
    if len(held_out) < FEWEST_FACES:
        return Decision(False, too_few_faces(len(held_out))), []
    scores = compare(challenger.generator, champion.generator, held_out, measurer, rule)
    sizes = (challenger.generator.config.resolution, champion.generator.config.resolution)
    return decide(*scores, sizes, rule), table(*scores)


def _run_id() -> str | None:
    """The MLflow run under way, to which the model belongs."""
    return getattr(active_tracker(), "run_id", None)


def _words(source: Any) -> str:
    if isinstance(source, Mapping):
        return ", ".join(f"{key} {value}" for key, value in source.items() if value is not None)
    return str(source or "unknown")

"""Alarms: what the recorded figures of a run say about its health, as pure functions of that record."""

from collections.abc import Sequence
from dataclasses import dataclass

from anime_gen.stylegan2.monitoring.monitor import newest

PATIENCE = 3  # checks in a row before anything is said
ALARM_SHARE = 0.5  # of the best variety so far
STOP_SHARE = 0.25
VIEWS = ("variety/structure", "variety/colour")
SIGN_LIMIT = 0.98
GAP_LIMIT = 40.0

History = Sequence[dict[str, float]]


@dataclass(frozen=True)
class Alarm:
    """Something a person should know; `stop` means that training on would only do harm."""

    message: str
    stop: bool = False


def check(history: History) -> list[Alarm]:
    """Alarms that the newest entries of the record raise; `history` has one entry of figures a check, oldest first."""
    return [alarm for alarm in (*(collapse(history, view) for view in VIEWS), balance(history)) if alarm]


def collapse(history: History, view: str) -> Alarm | None:
    """The generator repeats itself: variety stays below half (alarm) or a quarter (stop) of the best so far.

    Variety above the data's own counts as the data's: a network that has learned nothing yet may draw anything.
    """
    values = newest(history, view, len(history))
    recent = values[-PATIENCE:]
    if len(values) <= PATIENCE:
        return None
    best = min(1.0, max(values))
    worst = max(recent)
    if worst >= ALARM_SHARE * best:
        return None
    name = view.removeprefix("variety/")
    text = f"the pictures vary in {name} only {worst / best:.0%} as much as at best: the generator is collapsing"
    if worst < STOP_SHARE * best:
        return Alarm(text + "; stopping, the best checkpoint is kept", stop=True)
    return Alarm(text + "; lower the learning rate or raise loss.r1_gamma if it goes on")


def balance(history: History) -> Alarm | None:
    """The discriminator is certain of every real picture, or its logits are far apart: nothing is learned any more."""
    signs, real, fake = (newest(history, name, PATIENCE) for name in ("real_sign", "logit/real", "logit/fake"))
    if len(signs) == PATIENCE and min(signs) > SIGN_LIMIT:
        return Alarm(
            f"the discriminator knows {(1 + min(signs)) / 2:.1%} of the real pictures: it overfits; "
            "use augment.mode: ada, more pictures, or a higher loss.r1_gamma"
        )
    gaps = [abs(r - f) for r, f in zip(real, fake, strict=False)]
    if len(gaps) == PATIENCE and min(gaps) > GAP_LIMIT:
        return Alarm(f"the discriminator's logits are {min(gaps):.0f} apart: raise loss.r1_gamma")
    return None

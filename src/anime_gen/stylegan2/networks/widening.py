"""Larger networks from smaller ones, without changing what these do (Net2Net, Chen et al. 2016, sections 2.2 and 2.3).

New maps start with random inputs and are read by nobody yet: their outgoing weights are zero. Blocks of higher
resolutions stay as they were initialised, and fade in. Noise that the larger network has no place for is left out. Only
the discriminator's minibatch deviation, a mean over all maps, shifts a little.
"""

import torch

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.discriminator import Discriminator
from anime_gen.stylegan2.networks.generator import Generator

Tensors = dict[str, torch.Tensor]


@torch.no_grad()
def widen(network: Generator | Discriminator, tensors: Tensors, config: NetworkConfig) -> None:
    """Put the tensors of a network of shape `config` into a fresh one, at least as wide.

    Blocks above its resolution are left away: a skip generator's lower blocks make whole pictures by themselves.
    """
    places = _column_places(config.condition, network.config.condition)
    for name, new in network.state_dict().items():
        if name not in tensors or name.endswith((".rows", ".known")):
            continue
        old = tensors[name]
        if name.startswith(("mapping.tags.", "projection.")):
            _put_condition(name, new, old, places)
        elif name == "conv.weight":
            _put_last(new, old)
        else:
            _put(name, new, old)


def _put(name: str, new: torch.Tensor, old: torch.Tensor) -> None:
    """A weight [out, in, ...], a bias [out], a constant [1, channels, 4, 4] or a buffer of unchanged shape.

    Added channels come last, also among the dense layer's inputs: these are flattened channel by channel.
    """
    if name.endswith("constant"):
        new[:, : old.shape[1]] = old
    elif old.ndim < 2 or "affine" in name or new.shape == old.shape:
        new[tuple(slice(size) for size in old.shape)] = old
    else:  # weights are stored without their gain 1 / sqrt(inputs), which shrinks as inputs are added
        new[: len(old)] = 0.0
        new[: len(old), : old.shape[1]] = old * (new.shape[1] / old.shape[1]) ** 0.5


def _put_last(new: torch.Tensor, old: torch.Tensor) -> None:
    """The last 3x3 convolution, whose last input is the minibatch deviation."""
    gain = (new.shape[1] / old.shape[1]) ** 0.5
    new[: len(old)] = 0.0
    new[: len(old), : old.shape[1] - 1] = old[:, :-1] * gain
    new[: len(old), -1] = old[:, -1] * gain


def _put_condition(name: str, new: torch.Tensor, old: torch.Tensor, places: list[tuple[int, int]]) -> None:
    """Columns of tags are matched by name; those that are new have no say yet."""
    if name.endswith(("mean", "deviation")):
        for to, origin in places:
            new[to] = old[origin]
        return
    gain = (len(new) / len(old)) ** 0.5 if name.startswith("projection.") else 1.0  # <P c, h> is divided by sqrt(width)
    new.zero_()
    if name not in ("mapping.tags.hidden.weight", "mapping.tags.direct.weight", "projection.weight"):
        new[tuple(slice(size) for size in old.shape)] = old * gain
        return
    size, old_size = new.shape[1] // 2, old.shape[1] // 2
    gain *= (size / old_size) ** 0.5
    for to, origin in places:
        new[: len(old), to] = old[:, origin] * gain
        new[: len(old), size + to] = old[:, old_size + origin] * gain


def _column_places(old: tuple[str, ...], new: tuple[str, ...]) -> list[tuple[int, int]]:
    """(place in the new columns, place in the old ones) of each column that both have."""
    return [(new.index(column), place) for place, column in enumerate(old) if column in new]


def check_fit(found: NetworkConfig, wanted: NetworkConfig, first_px: int) -> list[str]:
    """What keeps weights of shape `found` from starting a run of `wanted` whose first stage has `first_px`."""
    faults = []
    for name in ("z_dim", "w_dim", "mapping_layers", "mapping_lr_multiplier"):
        if getattr(found, name) != getattr(wanted, name):
            faults.append(f"network.{name}: {getattr(found, name)}")
    if first_px > found.resolution:
        faults.append(f"growth.enabled: true, with a first stage of {found.resolution} px")
    for resolution in found.resolutions:
        if resolution <= wanted.resolution and found.channels(resolution) > wanted.channels(resolution):
            faults.append(
                f"network.channel_base and channel_max: at least {found.channel_base} and {found.channel_max}"
            )
            break
    return faults

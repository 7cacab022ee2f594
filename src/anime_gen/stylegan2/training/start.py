"""Starting a run from finished weights: the shipped model taught other faces, or an earlier run taught for longer.

A start is a folder that holds `generator.safetensors` and `discriminator.safetensors`: a finished run's, or a bundle.
Both players matter: a fresh discriminator would unteach a good generator before it had learnt to judge it
(Karras et al. 2020, "Training GANs with limited data", section 4.2, transfer learning).
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.weights import load_weights, read_metadata
from anime_gen.stylegan2.training.state import TrainingState

GENERATOR = "generator.safetensors"
DISCRIMINATOR = "discriminator.safetensors"


def load_start(folder: Path, state: TrainingState) -> dict[str, Any]:
    """Put the weights of a finished run into a fresh state and return what a card says about them.

    Raises `FileNotFoundError` if a file is missing and `ValueError` that names every setting of the networks in which
    the start and the configuration differ.
    """
    network = state.generator.config
    for name in (GENERATOR, DISCRIMINATOR):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"start_from: there is no {name} in {folder}; name the folder of a finished run or of a bundle"
            )
        check_fit(read_metadata(folder / name)[0], network, folder)
    load_weights(state.generator, folder / GENERATOR)
    load_weights(state.discriminator, folder / DISCRIMINATOR)
    state.average.load_state_dict(state.generator.state_dict())
    card = read_metadata(folder / GENERATOR)[1]
    return {name: card.get(name) for name in ("images_seen", "data", "seed", "started_from") if card.get(name)}


def check_fit(found: NetworkConfig, wanted: NetworkConfig, folder: Path) -> None:
    """Compare the shapes of networks; `ValueError` names what differs."""
    ours, theirs = asdict(wanted), asdict(found)
    different = [f"{name}: {theirs[name]}" for name in ours if ours[name] != theirs[name]]
    if different:
        raise ValueError(
            f"start_from: the weights in {folder} are of another shape; set these under network: {', '.join(different)}"
        )

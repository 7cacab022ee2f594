"""Starting a run from finished weights: the shipped model taught other faces, or an earlier run taught for longer.

A start is a folder that holds `generator.safetensors` and `discriminator.safetensors`: a finished run's, or a bundle.
Both players matter: a fresh discriminator would unteach a good generator before it had learnt to judge it
(Karras et al. 2020, "Training GANs with limited data", section 4.2, transfer learning). The run's networks may be wider
than the start's, grow beyond its resolution and be given tags that it was not: see widening.py.
"""

from pathlib import Path
from typing import Any

from anime_gen.stylegan2.networks.weights import read_metadata, read_tensors
from anime_gen.stylegan2.networks.widening import check_fit, widen
from anime_gen.stylegan2.training.state import TrainingState

GENERATOR = "generator.safetensors"
DISCRIMINATOR = "discriminator.safetensors"


def load_start(folder: Path, state: TrainingState, first_px: int) -> dict[str, Any]:
    """Put the weights of a finished run into a fresh state and return what a card says about them.

    `first_px` is the resolution of the run's first stage. Raises `FileNotFoundError` if a file is missing and
    `ValueError` that names every setting that keeps the start from being used.
    """
    for name, network in ((GENERATOR, state.generator), (DISCRIMINATOR, state.discriminator)):
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(
                f"start_from: there is no {name} in {folder}; name the folder of a finished run or of a bundle"
            )
        found = read_metadata(path)[0]
        if faults := check_fit(found, network.config, first_px):
            raise ValueError(f"start_from: the weights in {folder} do not fit this run; set {', '.join(faults)}")
        widen(network, read_tensors(path, type(network)(found)), found)
    state.average.load_state_dict(state.generator.state_dict())
    card = read_metadata(folder / GENERATOR)[1]
    return {name: card.get(name) for name in ("images_seen", "data", "seed", "started_from") if card.get(name)}

"""Networks on disk: one safetensors file whose metadata holds the configuration and a card, both as JSON."""

import json
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from anime_gen.images.files import replacing
from anime_gen.stylegan2.networks.config import MAX_RESOLUTION, NetworkConfig
from anime_gen.stylegan2.networks.discriminator import Discriminator
from anime_gen.stylegan2.networks.generator import Generator

SCHEMA = 1
Network = TypeVar("Network", Generator, Discriminator)


def save_network(network: Generator | Discriminator, path: Path, card: dict[str, Any]) -> None:
    """Write a network in place of `path`; `card` must be JSON (data, images seen, seconds ...)."""
    metadata = {
        "schema": str(SCHEMA),
        "network": json.dumps(network.config.to_json(), sort_keys=True),
        "card": json.dumps(card, sort_keys=True),
    }
    write_tensors(network.state_dict(), path, metadata)


def write_tensors(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file in place of `path`, for those to read who may read any new file here.

    A full disk is an `OSError`, as everywhere else, not the library's own error.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        temporary.touch()
        usual = temporary.stat().st_mode
        try:
            save_file(whole, temporary, metadata=metadata)
        except SafetensorError as error:
            raise OSError(f"{path} could not be written: {error}") from error
        temporary.chmod(usual)  # the library's own file is its writer's alone
        if metadata:
            _order_metadata(temporary)


def _order_metadata(path: Path) -> None:
    """The library writes metadata in an order that changes from process to process: equal content, equal bytes."""
    with path.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        file.seek(8)
        file.write(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(size))


def read_metadata(path: Path) -> tuple[NetworkConfig, dict[str, Any]]:
    """Configuration and card of a saved network, without its weights."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.stem} at {path}; train one with: kedro run --pipeline=train")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except Exception as error:
        raise ValueError(
            f"{path} is not a safetensors file or is damaged ({error}); restore it or train again"
        ) from error
    if metadata.get("schema") != str(SCHEMA):
        raise ValueError(f"{path} has schema {metadata.get('schema')!r}; this version reads schema {SCHEMA}")
    shape = json.loads(metadata["network"])
    if "noise" in shape:  # files of earlier versions: everywhere or nowhere
        shape["noise_px"] = MAX_RESOLUTION if shape.pop("noise") else 0
    return NetworkConfig(**shape), json.loads(metadata["card"])


def read_card(path: Path) -> dict[str, Any]:
    """The card of a saved generator: data, seed, images seen, device, measured figures."""
    return read_metadata(path)[1]


def load_generator(path: Path) -> Generator:
    """Read a generator in evaluation mode, without gradients; names, shapes, types and finiteness are checked first."""
    config, card = read_metadata(path)
    return _filled(Generator(config), path, card)


def load_discriminator(path: Path) -> Discriminator:
    """Read a discriminator in the same way."""
    config, card = read_metadata(path)
    return _filled(Discriminator(config), path, card)


def _filled(network: Network, path: Path, card: dict[str, Any]) -> Network:
    load_weights(network, path)
    network.card = card
    return network.eval().requires_grad_(False)


def load_weights(network: Generator | Discriminator, path: Path) -> None:
    """Fill a network from its file, checked first as by `check_tensors`."""
    network.load_state_dict(read_tensors(path, network))


def read_tensors(path: Path, network: Generator | Discriminator) -> dict[str, torch.Tensor]:
    """The tensors of a saved network, checked to be those that `network` needs."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    check_tensors(tensors, network.state_dict(), path)
    return tensors


def check_tensors(tensors: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], path: Path) -> None:
    """Raise a `ValueError` that names a tensor which is missing, unknown, of another shape or type, or not finite."""
    for name in sorted(expected.keys() ^ tensors.keys()):
        fault = "misses" if name in expected else "has an unknown tensor"
        raise ValueError(f"{path} {fault} {name}; it does not belong to this network, restore it or train again")
    for name, value in tensors.items():
        if value.shape != expected[name].shape or value.dtype != expected[name].dtype:
            wanted = f"{list(expected[name].shape)} {expected[name].dtype}"
            raise ValueError(f"{path}: {name} is {list(value.shape)} {value.dtype}, but the network needs {wanted}")
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise ValueError(f"{path}: {name} holds NaN or infinity; restore an earlier file")

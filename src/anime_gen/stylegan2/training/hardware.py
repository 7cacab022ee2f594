"""What to compute on and how exactly."""

import torch

from anime_gen.distributed import Engine, places


def choose_device(wanted: str) -> torch.device:
    """The device for `auto`, `cpu` or `cuda`; a missing GPU that was asked for is a `ValueError`."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ValueError("run.device is 'cuda', but torch sees no GPU; set it to 'auto' or 'cpu'")
    return torch.device(wanted)


def choose_workers(wanted: int | str, parts: int, device: str, engine: Engine = "processes") -> int:
    """Workers to train with: `auto` is a GPU or a core each, as far as the `parts` of a batch go.

    Raises `ValueError` if more are asked for than there are parts.
    """
    if wanted != "auto" and int(wanted) > parts:
        raise ValueError(
            f"run.workers is {wanted}, but a batch is computed in {parts} part(s): set optim.micro_batch to at most "
            "the smallest batch divided by the workers"
        )
    if wanted != "auto":
        return int(wanted)
    return max(1, min(places(device, engine), parts)) if parts > 1 else 1


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Precision of the feature maps for `auto`, `float32` or `bfloat16`.

    bfloat16 has float32's range, so nothing overflows, and is about twice as fast where the processor has instructions
    for it; without them it is many times slower, so `auto` takes it only then.
    """
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    fast = any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)
    return torch.bfloat16 if fast else torch.float32

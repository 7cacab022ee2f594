"""Untagged anime faces in, measured sliders out: `anime_gen.open_model().random(7).edit(smile=0.8).save("x.png")`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anime_gen.library import open_model

__all__ = ["__version__", "open_model"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`open_model` on first use: the trainer on a bare machine needs none of what it imports."""
    if name == "open_model":
        from anime_gen.library import open_model

        return open_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

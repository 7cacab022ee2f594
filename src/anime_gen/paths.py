"""Paths as people write them."""

import os
from pathlib import Path


def user_path(text: str | Path) -> Path:
    """The path with `~` as the home folder: no shell puts it in within `--params`, after `--out=` or in Python.

    `~` before anything but a slash and a known user's name stays: a folder may be called so.
    """
    return Path(os.path.expanduser(text))

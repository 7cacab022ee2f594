"""Where the project is: relative paths in settings and on the command line start there, wherever one stands."""

from pathlib import Path

from anime_gen.paths import user_path

MARK = Path("conf") / "base"


def project_path() -> Path:
    """The nearest folder above the current one with a `conf/base`, or the checkout that this file belongs to."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / MARK).is_dir():
            return folder
    return Path(__file__).resolve().parents[3]


def portable(path: str, root: Path) -> str:
    """A path as the project remembers it: relative to `root` when it lies inside, so that a moved project finds it."""
    full = (root / user_path(path)).resolve()
    return full.relative_to(root.resolve()).as_posix() if full.is_relative_to(root.resolve()) else full.as_posix()

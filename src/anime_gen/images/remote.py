"""A face store at an address that fsspec knows, such as s3://bucket/folder: read by every machine that trains on it.

Endpoint and credentials are what the protocol's own package finds: AWS_ENDPOINT_URL, AWS_PROFILE and the like.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from anime_gen.images.files import file_sha256, naming, replacing

PROBE = ".writable"


@dataclass(frozen=True)
class RemoteStore:
    """Files below `address`; those that are read whole lie in the folder `fetched` from then on.

    Every method raises ValueError, with the address in it, where that cannot be reached or refuses.
    """

    address: str
    fetched: Path

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        """Last part of the address."""
        return PurePosixPath(self.address).name

    def check(self) -> None:
        """Write and remove an empty file: better to be refused now than after all pictures were decoded."""
        self.write(PROBE, b"")
        with self._reached() as files:
            files.rm_file(self._path(PROBE))

    def read(self, name: str) -> bytes:
        """A small file, as it is there now. FileNotFoundError if there is none."""
        with self._reached() as files:
            content: bytes = files.cat_file(self._path(name))
            return content

    def write(self, name: str, content: bytes) -> None:
        """A small file, in place of what is there."""
        with self._reached() as files:
            files.pipe_file(self._path(name), content)

    def send(self, path: Path) -> str:
        """Send a file, unless it is there; its name there, which tells its content. Here it counts as fetched."""
        name = f"{path.stem}-{file_sha256(path)[:16]}{path.suffix}"
        with self._reached() as files:
            there = self._path(name)
            if not files.exists(there) or files.size(there) != path.stat().st_size:
                files.put_file(str(path), there)
        here = self.fetched / name
        here.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # no links on this disk: it will be fetched
            # A later ingest only appends to the file, so what readers know of it stays.
            os.link(path, here)
        return name

    def fetch(self, name: str) -> Path:
        """The file on this machine, fetched once for all processes."""
        from filelock import FileLock

        path = self.fetched / name
        if not path.is_file():
            with naming(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock")):
                if not path.is_file():
                    with replacing(path) as temporary, self._reached() as files:
                        files.get_file(self._path(name), str(temporary))
        return path

    def _path(self, name: str = "") -> str:
        return f"{self.address}/{name}".rstrip("/")

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        """The file system of the address; whatever one of its many kinds raises becomes a sentence."""
        import fsspec

        options = {"auto_mkdir": True} if self.address.startswith("file:") else {}
        try:
            yield fsspec.url_to_fs(self.address, **options)[0]
        except ImportError as error:
            raise ValueError(
                f"{self.address} needs a package that is not installed ({_words(error)}); for s3:// it comes with "
                "pip install 'anime_gen[s3]'"
            ) from error
        except Exception as error:
            if isinstance(error, FileNotFoundError) and "bucket" not in str(error).lower():
                raise
            raise ValueError(
                f"{self.address} cannot be used ({_words(error)}); check the address, the network and the "
                "credentials that its protocol takes from the environment"
            ) from error


def _words(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")

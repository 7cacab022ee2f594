"""The bundle: what is published and what the page opens, checked before anything in it is used.

manifest.json             schema, sha256 and size of every other file
card.json                 data, licence, seed, images seen, figures
generator.safetensors     the network
discriminator.safetensors its opponent, with which training can go on; the page never reads it
taggers/                  the sub-models that measure a picture
directions.safetensors    what moves each attribute
originals.safetensors     codes of the training pictures, to tell a new face from a copy; may be missing
reports/*.json            figures of the run that made it
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from anime_gen.evaluation.originality import Originals
from anime_gen.latent import Directions
from anime_gen.serving.manifest import (
    CARD,
    CURE,
    DIRECTIONS,
    DISCRIMINATOR,
    GENERATOR,
    ORIGINALS,
    REPORTS,
    TAGGERS,
    BundleError,
    check_finite,
    read_json,
    verify,
    write_json,
    write_manifest,
)
from anime_gen.stylegan2 import Discriminator, Generator, load_generator, save_network
from anime_gen.tagging.classifiers.tagger import Tagger


@dataclass(frozen=True)
class BundleParts:
    """What goes into a bundle."""

    generator: Generator
    discriminator: Discriminator
    tagger: Tagger
    directions: Directions
    card: Mapping[str, Any]
    reports: Mapping[str, Any]
    originals: Originals | None = None

    def write(self, folder: Path) -> str:
        """Write all files and their manifest beside, put the folder in its place at once; the bundle's sha256."""
        temporary = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        (temporary / REPORTS).mkdir(parents=True)
        save_network(self.generator, temporary / GENERATOR, self.generator.card)
        save_network(self.discriminator, temporary / DISCRIMINATOR, self.discriminator.card)
        self.directions.save(temporary / DIRECTIONS)
        if self.originals is not None:
            self.originals.save(temporary / ORIGINALS)
        self.tagger.save(temporary / TAGGERS)
        write_json(temporary / CARD, self.card)
        for name, report in self.reports.items():
            write_json(temporary / REPORTS / f"{name}.json", report)
        sha256 = write_manifest(temporary)
        check_finite(temporary, verify(temporary))
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        temporary.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        return sha256


@dataclass(frozen=True)
class Bundle:
    """A checked bundle in memory. `sha256` identifies the networks: equal hashes make equal pictures."""

    folder: Path
    generator: Generator
    tagger: Tagger
    directions: Directions
    card: dict[str, Any]
    reports: dict[str, Any]
    sha256: str
    originals: Originals | None = None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Verify every file, then read the networks in evaluation mode.

        Raises `BundleError`: anything missing, changed, of another version, of a wrong shape, or not finite.
        """
        manifest = verify(folder)
        try:
            check_finite(folder, manifest)
            generator = load_generator(folder / GENERATOR)
            tagger = Tagger.load(folder / TAGGERS)
            directions = Directions.load(folder / DIRECTIONS)
            originals = Originals.load(folder / ORIGINALS) if ORIGINALS in manifest["files"] else None
        except BundleError:
            raise
        except Exception as error:  # whatever a reader stumbles over, the bundle is at fault
            raise BundleError(f"The bundle {folder} cannot be read: {error} {CURE}") from error
        # Sub-models may be older than these relations of attributes, as the shipped ones are; the directions know them.
        settings = directions.settings
        tagger.vocabulary = tagger.vocabulary.related(settings.get("derived", {}), settings.get("shown_with", {}))
        reports = {path.stem: read_json(path) for path in sorted((folder / REPORTS).glob("*.json"))}
        card, sha256 = read_json(folder / CARD), str(manifest["networks_sha256"])
        bundle = cls(folder, generator, tagger, directions, card, reports, sha256, originals)
        bundle._check_fit()
        return bundle

    def _check_fit(self) -> None:
        """Directions must be of this generator's latent space, and fitted with these taggers."""
        wanted = (self.generator.num_ws, self.generator.config.w_dim)
        space = self.directions.space
        if (space.num_ws, len(space.mean)) != wanted:
            found = f"{space.num_ws} x {len(space.mean)}"
            raise BundleError(
                f"{DIRECTIONS} of {self.folder} is for latents {found}, the generator has {wanted}. {CURE}"
            )
        if list(self.directions.columns) != list(self.tagger.columns):
            raise BundleError(f"{DIRECTIONS} of {self.folder} was fitted with other taggers than {TAGGERS}/. {CURE}")

"""Tagging a whole set: in batches, in parts that survive an interruption, then one table."""

from __future__ import annotations

import hashlib
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from anime_gen.distributed import spread
from anime_gen.images.faces import Faces
from anime_gen.images.files import write_atomically
from anime_gen.tagging.classifiers.pictures import reader
from anime_gen.tagging.classifiers.soft_tags import SOFT_PREFIX, softened
from anime_gen.tagging.classifiers.tagger import Tagger, Tags
from anime_gen.tagging.classifiers.training import as_float
from anime_gen.tagging.config import TaggingConfig
from anime_gen.threads import threads, threads_for


@torch.inference_mode()
def tag_pictures(tagger: Tagger, pictures: np.ndarray, batch: int = 256) -> tuple[dict[str, Tags], np.ndarray]:
    """Tags of pictures uint8 [n, r, r, 3], and the soft ones [n, k] that a generator is given."""
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    parts, soft = [], []
    for part in images.split(batch):
        features = tagger.features(as_float(part, torch.device("cpu")))
        parts.append(tagger.tags_of(features))
        soft.append(softened(tagger.vocabulary, tagger.readout_of(features)).float().numpy())
    tags = {
        name: Tags(*(np.concatenate([part[name][k] for part in parts]) for k in range(3))) for name in tagger.vocabulary
    }
    return tags, np.concatenate(soft)


def tag_table(ids: np.ndarray, tags: dict[str, Tags], soft: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Columns ``id``; for each attribute its value, ``.confidence``, ``.abstained``; ``soft.`` for each of `names`."""
    columns: dict[str, np.ndarray] = {"id": ids}
    for name, entry in tags.items():
        columns[name] = entry.values
        columns[f"{name}.confidence"] = entry.confidence
        columns[f"{name}.abstained"] = entry.abstained
    return pd.DataFrame(columns | {SOFT_PREFIX + name: soft[:, k] for k, name in enumerate(names)})


def tag_set(
    tagger: Tagger, faces: Faces, ids: np.ndarray, fingerprint: str, config: TaggingConfig, parts_folder: Path
) -> pd.DataFrame:
    """Tag every face. Parts are kept in ``parts_folder`` until all are there, so a stopped run goes on.

    ``fingerprint`` names the sub-models; parts of other sub-models or other faces are never mixed in.
    """
    key = hashlib.sha256(f"{fingerprint} {faces.fingerprint} {config.chunk}".encode()).hexdigest()[:16]
    parts = {
        parts_folder / key / f"{number:06d}.parquet": np.arange(first, min(first + config.chunk, len(faces)))
        for number, first in enumerate(range(0, len(faces), config.chunk))
    }
    missing = {path: rows for path, rows in parts.items() if not path.is_file()}
    cores = threads_for(config.batch * tagger.cost())
    work = partial(_tag_part, tagger, faces, ids, config.batch, cores)
    made = spread(work, missing.values(), config.engine, cores)
    with tqdm(total=len(faces), desc="tagging", unit="face", file=sys.stderr, mininterval=1.0) as progress:
        progress.update(len(faces) - sum(map(len, missing.values())))
        for (path, rows), table in zip(missing.items(), made, strict=True):
            write_atomically(path, table.to_parquet)
            progress.update(len(rows))
    tables = [pd.read_parquet(path) for path in parts]
    shutil.rmtree(parts_folder / key, ignore_errors=True)
    return pd.concat(tables, ignore_index=True)


def _tag_part(tagger: Tagger, faces: Faces, ids: np.ndarray, batch: int, cores: int, rows: np.ndarray) -> pd.DataFrame:
    """The table of these rows."""
    with threads(cores):
        tags, soft = tag_pictures(tagger, reader(faces, tagger.input_px)(rows), batch)
    return tag_table(ids[rows], tags, soft, [column.name for column in tagger.columns])

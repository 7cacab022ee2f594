"""The ingest stage: pictures in, face store out."""

from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import RootModel

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.ingest import ingest
from anime_gen.images.store import FaceStore
from anime_gen.tagging.config import LabelsConfig


class SourceParameters(RootModel[SourceConfig]):
    """`params:source`: checked before any work, unknown keys refused."""


class FacesParameters(RootModel[FacesConfig]):
    """`params:faces`: checked before any work, unknown keys refused."""


def ingest_faces(
    source: SourceParameters,
    faces: FacesParameters,
    attributes: dict[str, Any],
    labels: LabelsConfig,
    face_stores: Path,
) -> tuple[FaceStore, pd.DataFrame, pd.DataFrame, dict[str, Any], dict[str, Any]]:
    """Store, table, rejects, report and data card of the source; an unchanged source does no work."""
    done = ingest(source.root, faces.root, attributes, face_stores, labels.gives_first_votes)
    rejects = pd.DataFrame(done.rejects, columns=["kind", "name", "reason", "detail", "sha256"])
    return done.face_store, done.index, rejects, done.report, done.data_card

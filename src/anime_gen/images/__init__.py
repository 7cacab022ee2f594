"""Pictures from outside, and our drawn ones, made into a store of faces that trains fast."""

from anime_gen.images.card import open_face_store, save_card
from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.faces import ArrayFaces, AveragedFaces, Faces, area_average
from anime_gen.images.store import FaceStore, write_store

__all__ = [
    "ArrayFaces",
    "AveragedFaces",
    "FaceStore",
    "Faces",
    "FacesConfig",
    "SourceConfig",
    "area_average",
    "open_face_store",
    "save_card",
    "write_store",
]

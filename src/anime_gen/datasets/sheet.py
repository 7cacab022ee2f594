"""Pictures for people to look at."""

import base64
from typing import NewType

import numpy as np
from kedro_datasets.pillow import ImageDataset
from PIL import Image

ImagePreview = NewType("ImagePreview", str)  # by this name Kedro-Viz knows what it is given


class SheetDataset(ImageDataset):  # type: ignore[misc]  # Kedro's datasets have no types
    """A PNG saved from uint8 [height, width, 3], which Kedro-Viz shows."""

    def save(self, data: np.ndarray) -> None:
        """Write the pixels."""
        super().save(Image.fromarray(data))

    def preview(self) -> ImagePreview:
        """The file as Kedro-Viz wants it: base64."""
        with self._fs.open(str(self._get_load_path()), "rb") as file:
            return ImagePreview(base64.b64encode(file.read()).decode())

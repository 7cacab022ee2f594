"""The registered model as MLflow serves it: seeds in, pictures out.

Stored as code ("models from code"): MLflow keeps this file and the bundle, and runs the file when the model is loaded.
"""

import base64
import io
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel

STEPS = 6
"""Corrections towards the wanted values; a request, unlike a slider, may take a second."""


class GeneratorModel(PythonModel):
    """Column `seed` (long) in; uint8 [n, height, width, 3] out, or n texts with `format` "png".

    Parameters: `psi` (double, 0 to 2; lower is closer to the average face), `attributes` (a JSON object as text, such
    as `{"hair_length": 0.8, "glasses": 1}`; names and ranges are in the model's card) and `format` (`array`, or `png`
    for the base64 text of a PNG file each). Other columns and parameters never come here: MLflow leaves them out.
    """

    def load_context(self, context: Any) -> None:
        """Verify and read the bundle."""
        from anime_gen.serving.bundle import Bundle
        from anime_gen.serving.rendering import Renderer

        self.renderer = Renderer(Bundle.load(Path(context.artifacts["bundle"])))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> np.ndarray:
        """Pictures of the seeds, each made alone, so that a seed's picture does not depend on its neighbours.

        Raises RequestError, whose sentence MLflow's server answers with status 400.
        """
        from anime_gen.serving import request

        params = {name: value for name, value in (params or {}).items() if value is not None}
        seeds, psi = request.read_seeds(model_input.get("seed", ())), request.read_psi(params.get("psi", request.PSI))
        wishes = request.read_attributes(str(params.get("attributes", "{}")), self.renderer.bundle.tagger.vocabulary)
        as_png = request.read_format(str(params.get("format", "array"))) == "png"
        pictures = [self._pixels(seed, psi, wishes) for seed in seeds]
        return np.array([_png(picture) for picture in pictures]) if as_png else np.stack(pictures)

    def _pixels(self, seed: int, psi: float, wishes: dict[str, float | str]) -> np.ndarray:
        renderer = self.renderer
        return renderer.render(renderer.latent(seed, psi), wishes, steps=STEPS, tags=renderer.tags(seed)).pixels


def _png(pixels: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


mlflow.models.set_model(GeneratorModel())

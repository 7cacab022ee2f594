"""The registered model as MLflow serves it: seeds in, pictures out.

Stored as code ("models from code"): MLflow keeps this file and the bundle, and runs the file when the model is loaded.
"""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel

PSI = 0.7
STEPS = 6
"""Corrections towards the wanted values; a request, unlike a slider, may take a second."""


class GeneratorModel(PythonModel):
    """Column `seed` (long) in; uint8 [n, height, width, 3] out.

    Parameters: `psi` (double, 0 to 2; lower is closer to the average face) and `attributes` (a JSON object as text,
    such as `{"hair_length": 0.8, "glasses": 1}`; names and ranges are in the model's card).
    """

    def load_context(self, context: Any) -> None:
        """Verify and read the bundle."""
        from anime_gen.serving.bundle import Bundle
        from anime_gen.serving.rendering import Renderer

        self.renderer = Renderer(Bundle.load(Path(context.artifacts["bundle"])))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> np.ndarray:
        """Pictures of the seeds, each made alone, so that a seed's picture does not depend on its neighbours."""
        from anime_gen.serving.rendering import read_wishes

        params = params or {}
        psi = float(params.get("psi", PSI))
        if not 0 <= psi <= 2:
            raise ValueError(f"psi is {psi}; it must be a number from 0 to 2")
        wishes = read_wishes(str(params.get("attributes", "{}")), self.renderer.bundle.tagger.vocabulary)
        return np.stack([self._pixels(int(seed), psi, wishes) for seed in model_input["seed"]])

    def _pixels(self, seed: int, psi: float, wishes: dict[str, float | str]) -> np.ndarray:
        renderer = self.renderer
        return renderer.render(renderer.latent(seed, psi), wishes, steps=STEPS, tags=renderer.tags(seed)).pixels


mlflow.models.set_model(GeneratorModel())

"""What a request to the served model may ask for, and how it is told that it may not."""

import math
from collections.abc import Iterable
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from anime_gen.attributes import Vocabulary
from anime_gen.serving.rendering import Value, read_wishes

PSI = 0.7
MOST_SEEDS = 1000
FORMATS = ("array", "png")


class RequestError(MlflowException, ValueError):
    """A request that cannot be answered, in our words: MLflow's server puts the whole data frame before the message."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code=INVALID_PARAMETER_VALUE)
        self._words = message

    @property
    def message(self) -> str:
        """The sentence, whatever was added to it."""
        return self._words

    @message.setter
    def message(self, text: str) -> None:
        self._words = getattr(self, "_words", text)


def read_seeds(column: Iterable[Any]) -> list[int]:
    """Numbers of characters; RequestError for none, too many, or what is no whole number from 0 on."""
    seeds = list(column)
    if not seeds:
        raise RequestError("the request names no seed; send at least one row, such as [[7]] in the column seed")
    if len(seeds) > MOST_SEEDS:
        raise RequestError(f"{len(seeds)} seeds in one request; send at most {MOST_SEEDS}")
    for seed in seeds:
        if not 0 <= int(seed) < 2**63:
            raise RequestError(f"seed {seed} is not allowed; it must be a whole number from 0 to 2**63 - 1")
    return [int(seed) for seed in seeds]


def read_psi(value: Any) -> float:
    """Truncation from 0 to 2."""
    psi = float(value)
    if not (math.isfinite(psi) and 0 <= psi <= 2):
        raise RequestError(f"psi is {psi:g}; it must be a number from 0 to 2")
    return psi


def read_attributes(text: str, vocabulary: Vocabulary) -> dict[str, Value]:
    """Wishes by attribute, checked against what the model measures."""
    try:
        return read_wishes(text, vocabulary)
    except ValueError as error:
        raise RequestError(str(error)) from error


def read_format(text: str) -> str:
    """`array`: numbers; `png`: each picture as the base64 text of a PNG file."""
    if text not in FORMATS:
        raise RequestError(f"format is {text!r}; it must be {' or '.join(FORMATS)}")
    return text

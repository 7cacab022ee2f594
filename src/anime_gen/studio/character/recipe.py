"""A recipe: everything that makes a picture again, as JSON that may come from a stranger.

Parsing believes nothing: length, nesting, numbers and words are limited, nothing is evaluated. Keys of later versions
are kept and written back.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

SCHEMA = 1
FORMAT = "anime_gen recipe"

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 8
MAX_ENTRIES = 500
MAX_WORD = 200
MAX_NUMBER = 1e6
MAX_SEED = 2**53 - 1
"""Largest whole number that JavaScript, and so a browser's number box, keeps exactly."""
MAX_PSI = 2.0
IMPORTED = {"origin": "picture"}
"""What the recipe of a character made after a picture says of itself, among its `extra`."""

Value = float | str
Latent = tuple[tuple[float, ...], ...]


class RecipeError(ValueError):
    """Text that is no recipe, or one that asks for something impossible; the message says which part."""


@dataclass(frozen=True)
class Recipe:
    """`seed`, or a `latent` [num_ws, w_dim] in its place, truncated by `psi`, then moved to `targets`."""

    seed: int | None = 0
    psi: float = 0.7
    targets: Mapping[str, Value] = field(default_factory=dict)
    locks: tuple[str, ...] = ()
    latent: Latent | None = None
    model_sha256: str = ""
    measured: Mapping[str, Value] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))
        if (self.seed is None) == (self.latent is None):
            raise RecipeError("A recipe needs either a seed or a latent, and not both.")
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise RecipeError(f"The seed is {self.seed}; it must be a whole number from 0 to {MAX_SEED}.")
        if not 0 <= self.psi <= MAX_PSI:
            raise RecipeError(f"The diversity (psi) is {self.psi}; it must lie between 0 and {MAX_PSI:g}.")

    @property
    def is_imported(self) -> bool:
        """Whether its latent was made after a picture from outside."""
        return self.latent is not None and IMPORTED.items() <= self.extra.items()

    def with_target(self, name: str, value: Value | None) -> Self:
        """The same character with one attribute wanted at `value`; None leaves that attribute alone."""
        targets: dict[str, Value] = {key: old for key, old in self.targets.items() if key != name}
        return replace(self, targets=targets if value is None else targets | {name: value})

    def to_json(self) -> str:
        """JSON text, keys in a fixed order."""
        content: dict[str, Any] = {**self.extra, "format": FORMAT, "schema": SCHEMA, "psi": self.psi}
        content |= {"model": {**_mapping(self.extra.get("model", {}), "model"), "sha256": self.model_sha256}}
        content |= {"seed": self.seed} if self.seed is not None else {"latent": self.latent}
        content |= {"targets": dict(self.targets), "locks": list(self.locks), "measured": dict(self.measured)}
        return json.dumps(content, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a recipe.

        Raises `RecipeError`: too long or deep, no JSON, another format or schema, a wrong type, a number out of range.
        """
        content = _limited_json(text)
        if content.get("format") != FORMAT:
            raise RecipeError("This is no anime_gen recipe.")
        _check_schema(content.get("schema"))
        model = _mapping(content.get("model", {}), "model")
        known = {"format", "schema", "seed", "psi", "targets", "locks", "latent", "measured", "model"}
        extra = {key: value for key, value in content.items() if key not in known}
        if other := {key: value for key, value in model.items() if key != "sha256"}:
            extra["model"] = other
        return cls(
            seed=_seed(content.get("seed")),
            psi=_number(content.get("psi"), "psi"),
            targets=_values(content.get("targets", {}), "targets"),
            locks=tuple(_word(name, "locks") for name in _sequence(content.get("locks", []), "locks")),
            latent=read_latent(content.get("latent")),
            model_sha256=_word(model.get("sha256", ""), "model.sha256"),
            measured=_values(content.get("measured", {}), "measured"),
            extra=extra,
        )


def _check_schema(schema: Any) -> None:
    if isinstance(schema, int) and schema > SCHEMA:
        raise RecipeError(
            f"This recipe was written by a newer version of anime_gen (schema {schema}; this one reads schema "
            f"{SCHEMA}). Update anime_gen and open it again."
        )
    if schema != SCHEMA:
        raise RecipeError(f"This recipe has schema {str(schema)[:20]!r}; this version reads schema {SCHEMA}.")


def _limited_json(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise RecipeError(f"The recipe has {len(text)} characters; at most {MAX_CHARACTERS} are read.")
    if _depth(text) > MAX_DEPTH:
        raise RecipeError(f"The recipe is nested more than {MAX_DEPTH} deep.")
    try:
        content = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole)
    except RecipeError:
        raise
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"The recipe is not readable JSON: {error}.") from error
    return _mapping(content, "recipe")


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings, found without building anything."""
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> float:
    raise RecipeError(f"The recipe holds {name}, which is no number.")


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise RecipeError(f"The recipe holds a number of {len(digits)} digits.")
    return int(digits)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecipeError(f"{where} must be an object, not {type(value).__name__}.")
    return value


def _sequence(value: Any, where: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise RecipeError(f"{where} must be a list, not {type(value).__name__}.")
    if len(value) > MAX_ENTRIES:
        raise RecipeError(f"{where} has {len(value)} entries; at most {MAX_ENTRIES} are read.")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeError(f"{where} must be a number, not {type(value).__name__}.")
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise RecipeError(f"{where} is out of range: {value:g}.")
    return float(value)


def _seed(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecipeError(f"seed must be a whole number, not {type(value).__name__}.")
    return value


def _word(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_WORD:
        raise RecipeError(f"{where} must be text of at most {MAX_WORD} characters.")
    return value


def _values(value: Any, where: str) -> dict[str, Value]:
    entries = _mapping(value, where)
    if len(entries) > MAX_ENTRIES:
        raise RecipeError(f"{where} has {len(entries)} entries; at most {MAX_ENTRIES} are read.")
    return {
        _word(key, where): _word(entry, f"{where}.{key}")
        if isinstance(entry, str)
        else _number(entry, f"{where}.{key[:MAX_WORD]}")
        for key, entry in entries.items()
    }


def read_latent(value: Any) -> Latent | None:
    """Rows of numbers as JSON has them; RecipeError if they are anything else."""
    if value is None:
        return None
    rows = tuple(tuple(_number(x, "latent") for x in _vector(row)) for row in _sequence(value, "latent"))
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise RecipeError("latent must be a list of equally long lists of numbers.")
    return rows


def _vector(row: Any) -> list[Any]:
    if not isinstance(row, list) or len(row) > 4096:
        raise RecipeError("latent must be a list of lists of at most 4096 numbers.")
    return row

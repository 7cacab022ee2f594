"""A character as the parameters of an address, short enough to send: `?character=16&smile=0.72&lock=bangs`."""

from collections.abc import Mapping

from anime_gen.attributes import Vocabulary
from anime_gen.serving.rendering import Value, checked
from anime_gen.studio.character.recipe import MAX_SEED, Recipe, RecipeError

NUMBER, DIVERSITY, LOCKS = "character", "diversity", "lock"
USUAL_PSI = 0.7


def address_of(recipe: Recipe) -> dict[str, str]:
    """Parameters that `recipe_at` reads; empty for a character that is no number."""
    if recipe.seed is None:
        return {}
    address = {NUMBER: str(recipe.seed)}
    if recipe.psi != USUAL_PSI:
        address[DIVERSITY] = f"{recipe.psi:g}"
    address |= {name: value if isinstance(value, str) else f"{value:.4g}" for name, value in recipe.targets.items()}
    if recipe.locks:
        address[LOCKS] = ",".join(recipe.locks)
    return address


def recipe_at(address: Mapping[str, str], vocabulary: Vocabulary, model_sha256: str) -> Recipe:
    """The character that an address names.

    Raises `RecipeError`: no number, one out of range, or a wish or lock that this model does not know.
    """
    number = address.get(NUMBER, "")
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(MAX_SEED))):
        raise RecipeError(f"a character is a whole number from 0 to {MAX_SEED}.")
    locks = tuple(name for name in address.get(LOCKS, "").split(",") if name)
    if strange := [
        name for name in (*locks, *address) if name not in vocabulary and name not in (NUMBER, DIVERSITY, LOCKS)
    ]:
        raise RecipeError(f"this model knows no attribute {strange[0][:40]!r}.")
    try:
        psi = float(address.get(DIVERSITY, USUAL_PSI))
        targets = {name: _read(name, text, vocabulary) for name, text in address.items() if name in vocabulary}
    except ValueError as error:
        raise RecipeError(f"{error}.") from error
    return Recipe(seed=int(number), psi=psi, targets=targets, locks=locks, model_sha256=model_sha256)


def _read(name: str, text: str, vocabulary: Vocabulary) -> Value:
    value: Value = text if vocabulary[name].kind == "categorical" else float(text)
    return checked(name, value, vocabulary)

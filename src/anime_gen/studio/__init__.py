"""The artist's document without any page: editor, recipe, history, export."""

from anime_gen.studio.character.editor import Editor, random_seed
from anime_gen.studio.character.history import History
from anime_gen.studio.character.picture_file import export_png, recipe_of
from anime_gen.studio.character.recipe import Recipe, RecipeError

__all__ = ["Editor", "History", "Recipe", "RecipeError", "export_png", "random_seed", "recipe_of"]

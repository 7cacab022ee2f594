"""The artist's document without any page: editor, recipe, history, export."""

from anime_gen.studio.editor import Editor, random_seed
from anime_gen.studio.export import export_png, recipe_of
from anime_gen.studio.history import History
from anime_gen.studio.recipe import Recipe, RecipeError

__all__ = ["Editor", "History", "Recipe", "RecipeError", "export_png", "random_seed", "recipe_of"]

"""What every view of the Create page works with: the document, its character's editor, and what proposes others."""

from dataclasses import dataclass, replace

import streamlit as st

from anime_gen.studio import Editor, Recipe
from anime_gen.studio.finding.finder import Finder
from anime_gen.studio.project.document import Document
from anime_gen.studio.project.shelf import OpenDocument
from components import document


@dataclass(frozen=True)
class Desk:
    """One visitor's desk."""

    opened: OpenDocument
    editor: Editor

    @property
    def document(self) -> Document:
        """What the artist keeps."""
        return self.opened.document

    @property
    def finder(self) -> Finder:
        """Proposals from the model of the character being shaped."""
        return document.finder(self.editor.bundle.sha256, self.editor.renderer)

    def open(self, recipe: Recipe) -> None:
        """Shape a character."""
        sha256 = recipe.model_sha256 or self.editor.bundle.sha256
        self.document.history.push(replace(recipe, model_sha256=sha256, measured={}))
        st.session_state.view = "Shape"

    def keep(self, recipe: Recipe) -> None:
        """Put a character into the cast, with its picture."""
        editor = Editor(self.editor.renderer, recipe)
        try:
            member = self.document.keep(editor.complete_recipe())
        except ValueError as error:
            st.session_state["desk.note"] = str(error)
            return
        document.shelf().keep_picture(self.opened, member.key, editor.png())
        st.session_state["desk.note"] = f"Kept as {member.name}."

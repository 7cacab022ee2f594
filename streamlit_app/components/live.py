"""The picture while a slider is dragged, by a plain request.

A run of the script for each one would take longer than the picture itself, on the server and in the browser.
"""

import json
import secrets
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:  # the server is to answer before torch is there
    from anime_gen.studio import Editor

PATH = "live"
LONGEST = 500
"""Bytes of a question: an attribute's name and a value."""

_editors: "WeakValueDictionary[str, Editor]" = WeakValueDictionary()


def address_of(editor: "Editor") -> str:
    """Where the page of this editor asks; nobody else knows the address, and it is gone with the editor."""
    key = next((key for key, known in _editors.items() if known is editor), "") or secrets.token_urlsafe(16)
    _editors[key] = editor
    return f"{PATH}/{key}"


def route(base: str) -> Route:
    """The route below the page's `base` path, for POST requests with `{"name": ..., "value": ...}`."""
    return Route("/".join(["", *filter(None, [base.strip("/"), PATH]), "{key}"]), _answer, methods=["POST"])


async def _answer(request: Request) -> Response:
    """What the bench shows of one attribute at another value; 404 for an editor that is gone, 400 for no value."""
    editor = _editors.get(request.path_params["key"])
    if editor is None:
        return Response(status_code=404)
    try:
        asked = json.loads((await request.body())[:LONGEST])
        return JSONResponse(await run_in_threadpool(_shown, editor, asked["name"], asked["value"]))
    except (ValueError, KeyError, TypeError) as error:
        return JSONResponse({"status": str(error)}, status_code=400)


def _shown(editor: "Editor", name: str, value: Any) -> dict[str, Any]:
    from components import bench  # brings torch

    return bench.shown(editor, editor.glance(name, value), moving=True)

import io
import zipfile

import pytest

from anime_gen.studio import Recipe
from anime_gen.studio.character.history import History
from anime_gen.studio.project.document import Document, DocumentError
from anime_gen.studio.project.zipped import pack, unpack

PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.fixture
def document() -> Document:
    made = Document(History(Recipe(seed=3)))
    made.keep(Recipe(seed=4), "Aoi / 葵")
    made.keep(Recipe(seed=5), "../../evil")
    return made


def zipped(**files: bytes | str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return buffer.getvalue()


def test_a_project_comes_back_with_its_pictures(document: Document):
    pictures = {member.key: PNG + member.key.encode() for member in document.cast}
    again, found = unpack(pack(document, pictures))
    assert again.to_json() == document.to_json()
    assert found == pictures


def test_pictures_lie_in_their_folder_under_the_names_of_the_cast(document: Document):
    key = document.cast[1].key
    with zipfile.ZipFile(io.BytesIO(pack(document, {key: PNG}))) as archive:
        assert archive.namelist() == ["project.json", f"pictures/evil-{key}.png"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK no zip", "cannot be read"),
        (b"", "cannot be read"),
        (zipped(other="x"), "holds no project.json"),
        (zipped(project_json="{}"), "cannot be read"),
        (zipped(project_json=b"\xff\xfe"), "UTF-8"),
        (zipped(project_json=b" " * 70_000_000), "more than"),
    ],
)
def test_what_is_no_project_is_refused(data: bytes, word: str):
    with pytest.raises(DocumentError, match=word):
        unpack(data)


def test_pictures_that_are_none_are_left_out(document: Document):
    key = document.cast[0].key
    files = {"project_json": document.to_json(), f"pictures__x-{key}.png": b"<html>", "pictures__y-other.png": PNG}
    assert unpack(zipped(**files))[1] == {}

import pytest

from anime_gen.signatures import START, kind_of, stand_in
from tests.images.pictures import encoded, face


@pytest.mark.parametrize(
    "text", [b"BMI,file,glasses\n1,a.png,0\n", b"file,glasses\n", b"MMxx", b"", b"PK and other letters"]
)
def test_text_that_begins_like_a_mark_is_of_no_kind(text: bytes):
    assert kind_of(text) is None


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "ICO", "DDS"])
def test_pictures_are_known_by_their_first_bytes(name: str):
    found = kind_of(encoded(face(1, 64), name)[:START])
    assert found is not None
    assert (found.name.upper(), found.holds) == (name, "picture")


def test_a_film_is_no_picture_though_both_begin_alike():
    names = {brand: kind_of(b"\0\0\0\x20ftyp" + brand + bytes(100)) for brand in (b"avif", b"avis", b"heic", b"isom")}
    assert [kind and kind.holds for kind in names.values()] == ["picture", "picture", "picture", "film"]


def test_what_stands_in_for_a_file_is_said():
    assert "git lfs pull" in str(stand_in(b"version https://git-lfs.github.com/spec/v1\n"))
    assert "web page" in str(stand_in(b"\n<!DOCTYPE html><HTML>"))
    assert "zeros" in str(stand_in(bytes(START)))
    assert stand_in(b"file,glasses\n") is None
    assert stand_in(b"") is None

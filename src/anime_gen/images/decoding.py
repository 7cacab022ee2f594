"""Decoding pictures that nobody vouches for, in bounded memory.

Content decides the format, never the name. Every limit is checked on the header, before pixels are unpacked. Pillow's
own guards stay on: its decompression-bomb warning is an error here and truncated files are never patched up.
"""

import io
import warnings
import zlib

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from anime_gen.images.config import FacesConfig
from anime_gen.images.rejection import Rejection
from anime_gen.signatures import START, kind_of, stand_in

DECODER_VERSION = 2  # part of the store's key: raise it when the same file would decode to other pixels
FORMATS = ("PNG", "JPEG", "WEBP")
_ORIENTATION = b"eXIf"
_TRANSPARENCY = b"tRNS"
# A file cut short often still decodes; its end mark is the only thing that is surely missing.
_END_MARKS = {"JPEG": b"\xff\xd9", "PNG": b"\0\0\0\0IEND\xaeB`\x82"}

_CURES = {
    "picture": "{} is not read; convert it to PNG, JPEG or WebP",
    "document": "{} is not read; save its pictures as PNG, JPEG or WebP",
    "film": "a film ({}); cut pictures from it",
    "data": "{} holds data, not a picture",
}


def decode(data: bytes, config: FacesConfig) -> np.ndarray:
    """The picture in `data`, upright, without transparency: uint8 `[height, width, 3]`.

    16 bits become 8, palettes and CMYK become RGB, alpha is laid on `faces.background`, an animation gives its first
    frame; embedded colour profiles are ignored.
    Raises Rejection with the reason otherwise.
    """
    if not data:
        raise Rejection("empty")
    if len(data) > config.max_bytes:
        raise Rejection("too_many_bytes", f"{len(data)} bytes, faces.max_bytes is {config.max_bytes}")
    _check_complete(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(_without_asides(data)), formats=FORMATS) as image:
                _check_size(image.size, config)
                return _upright_rgb(image, config.background_rgb())
        except UnidentifiedImageError:
            raise _unknown(data) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Rejection("too_many_pixels", str(error)) from None
        except Rejection:
            raise
        except Exception as error:  # on hostile bytes a decoder may raise anything; the next picture must not care
            raise Rejection("truncated" if "truncated" in str(error).lower() else "corrupt", _words(error)) from None


def _check_size(size: tuple[int, int], config: FacesConfig) -> None:
    short, long = min(size), max(size)
    shape = f"{size[0]}x{size[1]} px"
    if long > config.max_side_px:
        raise Rejection("side_too_long", f"{shape}, faces.max_side_px is {config.max_side_px}")
    if short * long > config.max_pixels:
        raise Rejection("too_many_pixels", f"{shape}, faces.max_pixels is {config.max_pixels}")
    if short < config.min_side_px:
        raise Rejection("too_small", f"{shape}, faces.min_side_px is {config.min_side_px}")
    if long > config.max_aspect * short:
        raise Rejection("aspect", f"{shape}, faces.max_aspect is {config.max_aspect}")


def _claimed_format(data: bytes) -> str | None:
    """The format of `FORMATS` that the first bytes speak of."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return "PNG" if data.startswith(b"\x89PNG\r\n") else "JPEG" if data.startswith(b"\xff\xd8\xff") else None


def _check_complete(data: bytes) -> None:
    claimed = _claimed_format(data)
    if claimed == "PNG" and data[12:16] == b"CgBI":
        raise Rejection("unknown_format", "a PNG made for iPhones is not read; save it as an ordinary PNG")
    if claimed == "WEBP":
        stated = int.from_bytes(data[4:8], "little") + 8
        if len(data) < stated:
            raise Rejection("truncated", f"{len(data)} of {stated} bytes")
    elif claimed is not None and data.rfind(_END_MARKS[claimed]) < 0:
        raise Rejection("truncated", f"no end mark in {len(data)} bytes")


def _without_asides(data: bytes) -> bytes:
    """A PNG without what says nothing about its pixels as they are read here; anything else as it is.

    Pillow refuses a picture whose profile, text, pixel density or the like is large or damaged, though its pixels are
    sound.
    """
    if _claimed_format(data) != "PNG":
        return data
    kept, at = [data[:8]], 8
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind, sound = data[at + 4 : at + 8], data[end - 4 : end] == zlib.crc32(data[at + 4 : end - 4]).to_bytes(4)
        if kind[:1].isupper() or kind == _TRANSPARENCY or (kind == _ORIENTATION and sound):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])


def _upright_rgb(image: Image.Image, background: tuple[int, int, int]) -> np.ndarray:
    image.load()
    picture = _oriented(image)
    if picture.mode.startswith("I"):  # 16-bit grey: keep the high byte, as Pillow does for 16-bit RGB
        grey = (np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (*background, 255))
        return np.asarray(Image.alpha_composite(ground, layer).convert("RGB"))
    return np.asarray(picture.convert("RGB"))


def _oriented(image: Image.Image) -> Image.Image:
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
        return ImageOps.exif_transpose(image) if turned else image
    except Exception:  # damaged metadata around a sound picture: keep the picture as it lies
        return image


def _unknown(data: bytes) -> Rejection:
    """Why Pillow recognises nothing: a damaged header, another format, or no picture."""
    if (claimed := _claimed_format(data)) is not None:
        return Rejection("corrupt", f"starts as {claimed}, but its header cannot be read")
    start, kind = data[:START], kind_of(data[:START])
    if kind is not None and kind.holds == "archive":
        return Rejection("archive", f"a {kind.name} archive inside the source; unpack it first")
    if kind is not None and kind.name == "PNG":
        return Rejection("unknown_format", "a PNG whose line ends a transfer in text mode has changed; fetch it again")
    if kind is not None:
        return Rejection("unknown_format", _CURES[kind.holds].format(kind.name))
    if (words := stand_in(start)) is not None:
        return Rejection("unknown_format", words)
    if b"<svg" in start.lower():
        return Rejection("unknown_format", _CURES["picture"].format("SVG"))
    if _is_text(start):
        return Rejection("unknown_format", "text, not a picture; fetch the picture again")
    return Rejection("unknown_format")


def _is_text(start: bytes) -> bool:
    text = start.decode("utf-8", "ignore")  # a letter may be cut at the end
    return len(text.encode()) > len(start) - 4 and all(char.isprintable() or char.isspace() for char in text)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]

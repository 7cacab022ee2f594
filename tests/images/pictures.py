"""Small pictures, ordinary and hostile, that the tests of ingestion are made of."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ATTRIBUTES = {
    "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
    "hair_color": {"label": "Hair colour", "kind": "categorical", "group": "hair", "classes": ["red", "black"]},
}
RED, BLUE = (220, 40, 40), (40, 60, 220)


def face(number: int, side: int = 48) -> Image.Image:
    """A simple face that differs from every other number in colours and places."""
    random = np.random.default_rng(number)
    colours = [tuple(int(c) for c in random.integers(0, 256, 3)) for _ in range(5)]
    big = Image.new("RGB", (192, 192), colours[0])
    draw = ImageDraw.Draw(big)
    x, y, w, h = (int(v) for v in random.integers(30, 70, 4))
    draw.ellipse((x - 20, y - 20, 190 - w, 190 - h), fill=colours[1])
    for centre in (x + 20, 150 - w // 2):
        size = int(random.integers(8, 22))
        top = int(random.integers(70, 110))
        draw.ellipse((centre - size, top - size, centre + size, top + size), fill=colours[2])
    draw.polygon([tuple(int(v) for v in random.integers(0, 192, 2)) for _ in range(3)], fill=colours[3])
    draw.rectangle((60, int(random.integers(120, 160)), 110, 165), fill=colours[4])
    return big.resize((side, side), Image.Resampling.LANCZOS)


def encoded(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def halves(width: int = 48, height: int = 48) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_size(width: int, height: int, bit_depth: int = 1) -> bytes:
    """A complete, valid, tiny PNG of any size: all zeros, packed."""
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + (width * bit_depth + 7) // 8)
    body = b"".join(packer.compress(row * 64) for _ in range(height // 64)) + packer.compress(row * (height % 64))
    header = struct.pack(">IIBBBBB", width, height, bit_depth, 0, 0, 0, 0)
    pixels = chunk(b"IHDR", header) + chunk(b"IDAT", body + packer.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + pixels


def webp_claiming(width: int, height: int) -> bytes:
    """An animated WebP whose header claims a canvas of any size."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + canvas + b"ANIM" + struct.pack("<I", 6) + b"\0" * 6
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def animated(file_format: str) -> bytes:
    """Two frames, the first red, the second blue."""
    frames = [Image.new("RGB", (48, 48), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    return encoded(frames[0], file_format, save_all=True, append_images=frames[1:], duration=100, **options)


@cache
def hostile() -> dict[str, tuple[bytes, str]]:
    """Files that must be left out, each with the reason it must get."""
    jpeg, png = encoded(face(900), "JPEG"), encoded(face(901))
    webp = encoded(face(902), "WEBP")
    cases: dict[str, tuple[bytes, str]] = {
        "empty.png": (b"", "empty"),
        "text.png": (b"this is not a picture at all\n" * 20, "unknown_format"),
        "picture.svg": (b'<?xml version="1.0"?><svg width="64" height="64"></svg>', "unknown_format"),
        "svg.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unknown_format"),
        "picture.eps": (encoded(face(903), "EPS"), "unknown_format"),
        "picture.gif": (encoded(face(904), "GIF"), "unknown_format"),
        "picture.bmp": (encoded(face(905), "BMP"), "unknown_format"),
        "tiff.jpg": (encoded(face(906), "TIFF"), "unknown_format"),
        "page.pdf": (b"%PDF-1.7\n" + b"0" * 500, "unknown_format"),
        "phone.heic": (b"\0\0\0\x18ftypheic" + b"\0" * 100, "unknown_format"),
        "nested.zip": (b"PK\3\4" + b"\0" * 100, "archive"),
        "bomb.png": (png_of_size(20_000, 20_000), "too_many_pixels"),
        "bomb_square.png": (png_of_size(8_000, 8_000), "too_many_pixels"),
        "bomb.webp": (webp_claiming(16_383, 16_383), "too_many_pixels"),
        "ribbon.png": (png_of_size(1, 60_000), "side_too_long"),
        "narrow.png": (encoded(halves(400, 40)), "aspect"),
        "dot.png": (encoded(halves(8, 8)), "too_small"),
        "noise.png": (np.random.default_rng(1).bytes(70_000), "unknown_format"),
        "large.png": (png + b"\0" * 3_000_000, "too_many_bytes"),
        "flipped_bits.png": (png[:60] + bytes(255 - b for b in png[60:-12]) + png[-12:], "corrupt"),
    }
    for name, data in (("cut.jpg", jpeg), ("cut.png", png), ("cut.webp", webp)):
        for tenth in range(1, 10):
            cases[f"{tenth}0_percent_{name}"] = (data[: len(data) * tenth // 10], "truncated")
        cases[f"but_one_byte_{name}"] = (data[:-1], "truncated")
    return cases


@cache
def unusual() -> dict[str, bytes]:
    """Files that must be kept although they are out of the ordinary."""
    grey16 = Image.fromarray((np.arange(48 * 48, dtype=np.uint16) * 28).reshape(48, 48))
    turned = Image.Exif()
    turned[0x0112] = 6
    palette = halves().convert("P", palette=Image.Palette.ADAPTIVE)
    return {
        "cmyk.jpg": encoded(face(910).convert("CMYK"), "JPEG"),
        "grey16.png": encoded(grey16),
        "grey.png": encoded(face(911).convert("L")),
        "bits.png": encoded(face(912).convert("1")),
        "palette.png": encoded(palette, transparency=0),
        "alpha.png": encoded(face(913).convert("RGBA")),
        "turned.jpg": encoded(face(914), "JPEG", exif=turned),
        "animated.png": animated("PNG"),
        "animated.webp": animated("WEBP"),
        "progressive.jpg": encoded(face(915), "JPEG", progressive=True),
        "png named.jpg": encoded(face(916)),
        "wide.png": encoded(face(917).resize((96, 48))),
    }


def write_faces(folder: Path, numbers: range, side: int = 48) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number:05d}.png").write_bytes(encoded(face(number, side)))

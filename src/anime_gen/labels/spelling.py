"""How one and the same name is spelled by file systems, spreadsheets, label tools and archives.

A name is compared under `STRENGTHS`, from byte-equal to "the same letters and digits". A cell of a table may also be
more than a name (a web address, an upload with a random prefix): `readings` lists what it may mean.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import unquote

Parts = tuple[str, ...]  # folders and file name

_ENDING = re.compile(r"\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|avif|hei[cf]|jxl|jp2|txt|json|xml)$")
_NUMBER = re.compile(r"0*(\d+)(\.0+)?$")  # what a spreadsheet makes of 00012: 12, and pandas of that: 12.0
_WORD = re.compile(r"(?:[^\W_]|[?\ufffd])+")  # a question mark is what a lost letter became
_HEX = "[0-9a-fA-F]"
_UPLOAD = re.compile(f"^(?P<key>{_HEX}{{8}}|{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}})[-_](?=.)")  # Label Studio
_EXPORT = re.compile(r"_(png|jpe?g|webp|bmp)\.rf\.\w+")  # Roboflow
_FILE_KEYS = ("d", "file", "filename", "path", "image", "src")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]+:/{1,3}", re.IGNORECASE)

# What writes a name, and what another program takes those bytes for.
WRITTEN_IN = ("utf-8", "cp932", "gb18030", "cp949", "big5", "cp1252", "cp1251", "cp1250", "cp866", "cp850", "euc_jp")
TAKEN_FOR = ("cp437", "cp1252", "latin-1", "cp850", "utf-8")


def parts_of(name: str) -> Parts:
    """Folders and file name, whichever way the slashes lean; `.`, `..` and empty parts say nothing."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _composed(part: str) -> str:
    """NFC without characters that do not show."""
    if part.isascii():
        return part.strip()
    kept = "".join(c for c in part if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", kept).strip()


def _folded(part: str) -> str:
    """Without the difference of case and width."""
    if part.isascii():
        return part.strip().lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _composed(part)).casefold()).strip()


@lru_cache(maxsize=65_536)
def _decoded(part: str) -> str:
    text = _folded(part)
    return _folded(fully_unquoted(text)) if "%" in text else text


def fully_unquoted(text: str) -> str:
    """Without percent escapes, however often they were escaped again."""
    while "%" in text and (plain := unquote(text)) != text:
        text = plain
    return text


def _stem(part: str) -> str:
    """Without picture endings; a name that is nothing but an ending stays."""
    text = _decoded(part)
    while (shorter := _ENDING.sub("", text)) and shorter != text:
        text = shorter
    return text


@lru_cache(maxsize=65_536)
def _number(part: str) -> str:
    """Without leading zeros, where the whole name is a number."""
    found = _NUMBER.match(_stem(part))
    return found[1] if found else _stem(part)


def _letters(part: str) -> str:
    """Letters and digits alone: upload forms write `a (1).png` as `a_1.png`."""
    return "_".join(_WORD.findall(_number(part))) or _number(part)


Spelling = Callable[[str], str]
STRENGTHS: tuple[Spelling, ...] = (str, _composed, _folded, _decoded, _stem, _number, _letters)
"""How the last part of a name is compared, strictest first; each calls equal what the ones before it do."""


def key_of(parts: Parts, spelling: Spelling) -> str:
    """What is compared: the file name under `spelling`, its folders never without their endings."""
    if len(parts) == 1:
        return spelling(parts[0])
    folder = _decoded if spelling in STRENGTHS[4:] else spelling
    return "/".join([*map(folder, parts[:-1]), spelling(parts[-1])])


def may_agree(one: str, other: str) -> bool:
    """Whether two cells that led to one picture can both mean it: equal names, and folders that continue each other."""
    first, second = parts_of(one), parts_of(other)
    short, long = sorted((tuple(map(_folded, first[:-1])), tuple(map(_folded, second[:-1]))), key=len)
    return _number(first[-1]) == _number(second[-1]) and long[len(long) - len(short) :] == short


def readings(cell: str) -> list[Parts]:
    """What a cell may name, likeliest first: itself, the file behind an address, the upload without its prefix."""
    texts = [cell.strip()]
    texts += [texts[0].lstrip("=").strip("\"'"), html.unescape(texts[0])]  # ="00012" keeps a spreadsheet from counting
    texts += map(fully_unquoted, texts.copy())
    texts += [behind for text in dict.fromkeys(texts) for behind in _behind_address(text)]
    texts += map(fully_unquoted, texts.copy())
    found = [parts for text in dict.fromkeys(texts) if (parts := parts_of(text))]
    found += [(plain,) for parts in found if (plain := _without_tool_marks(parts)) != parts[-1]]
    return list(dict.fromkeys(found))


def _without_tool_marks(parts: Parts) -> str:
    """The file name as it was before a label tool took it in."""
    name = _EXPORT.sub(r".\1", parts[-1])
    upload = _UPLOAD.match(name)
    if upload is None or (upload["key"].isdigit() and "upload" not in parts):  # 20240101-1.png begins with a date
        return name
    return name[upload.end() :]


def _behind_address(text: str) -> Iterator[str]:
    """Without `https://`; without what follows `?` or `#`; and what `?d=` and the like point to."""
    bare = _SCHEME.sub("", text)
    yield bare
    path, _, query = bare.partition("?")
    if "=" in query or _ENDING.search(path.lower()):  # else the `?` is a lost letter
        yield path
    if _ENDING.search(path.partition("#")[0].lower()):
        yield path.partition("#")[0]
    for pair in query.partition("#")[0].split("&"):
        key, _, value = pair.partition("=")
        if key in _FILE_KEYS or "." in value or "/" in value:
            yield value


def mistaken(text: str) -> list[str]:
    """A name outside ASCII as it looks where its bytes were taken for another code page (zips, foreign disks).

    And the other way round: what it was before a program took its bytes for another code page.
    """
    if text.isascii():
        return []
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
    found = {_taken(form, written, code) for form in forms for written in WRITTEN_IN for code in TAKEN_FOR}
    found |= {_taken(form, code, written) for form in forms for written in WRITTEN_IN for code in TAKEN_FOR}
    return sorted(taken for taken in found - forms if taken is not None)


def _taken(text: str, written: str, code: str) -> str | None:
    """What `text`, written in one code page, looks like when read in another; None where that cannot be."""
    try:
        data = text.encode(written)
        # bytes that are no UTF-8 are listed as escapes
        return readable(data.decode(code, "surrogateescape")) if code == "utf-8" else data.decode(code)
    except UnicodeError:
        return None


def readable(raw: str) -> str:
    """`raw` with undecodable bytes and control characters written as escapes, so that it can be printed and stored."""
    text = raw.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

r"""Which picture a cell names: the one that it stands for under the strictest reading, or none.

Three relations, strictest first: the name itself (beside the table, or from the top of the source); one is the end of
the other (`C:\set\faces\1.png` and `faces/1.png`); the same file name in another folder. Within each, spellings from
byte-equal to letters and digits alone. The first relation and spelling that any picture satisfies decides, and it
must be one picture: `a` and `A` are told apart by a cell that says `a`, not by one that says `A.png`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from anime_gen.labels.spelling import STRENGTHS, Parts, key_of, mistaken, parts_of, readings

_ESCAPED = re.compile(r"""\\(["'])""")  # a quotation mark as tables with an escape character write it, and no folder
SHOWN = 3  # pictures that are named when a cell could mean several
ITSELF, ENDING, FILE_NAME = range(3)


class Match(NamedTuple):
    """The picture that a cell names, how loosely, or why there is none."""

    name: str | None
    looseness: tuple[int, int, int] = (ITSELF, 0, 0)  # relation, place in `STRENGTHS`, place in `readings`
    problem: str = ""


class _Hits:
    """Pictures by key, of the keys that somebody asks for; those below the table's folder apart."""

    def __init__(self, keys: set[str]) -> None:
        self._keys = keys
        self._found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)

    def note(self, key: str, name: str, below: bool) -> None:
        if key in self._keys:
            for place in {False, below}:
                known = self._found[key, place]
                if len(known) < SHOWN + 1 and name not in known:
                    known.append(name)

    def of(self, key: str, below: bool) -> list[str]:
        return self._found.get((key, below), [])


def match_names(cells: Iterable[str], names: Sequence[str], folder: str = "") -> dict[str, Match]:
    """The match of every different cell among the pictures `names`; `folder` is where the table lies among them."""
    home = parts_of(folder)
    wanted = dict.fromkeys(cells)
    pictures = [(name, parts) for name in names if (parts := parts_of(name))]
    plain = {"/".join(parts): name for name, parts in pictures}
    found: dict[str, Match] = {}
    for cell in wanted:
        for text in (parts_of(cell.strip()), parts_of(_ESCAPED.sub(r"\1", cell.strip()))):
            near, far = plain.get("/".join(home + text)), plain.get("/".join(text))
            if text and (near or far):
                found[cell] = Match(near or far)
                break
    for meant in (readings, lambda cell: [parts for text in mistaken(cell) for parts in readings(text)]):
        open_cells = {cell: meant(cell) for cell in wanted if cell not in found or found[cell] == _NONE}
        found |= _loosely(open_cells, pictures, home)
    return found


_NONE = Match(None, problem="no such picture")


def _loosely(cells: dict[str, list[Parts]], pictures: list[tuple[str, Parts]], home: Parts) -> dict[str, Match]:
    """Matches under every relation and spelling; one pass over the pictures a spelling, whatever their number."""
    if not any(cells.values()):
        return dict.fromkeys(cells, _NONE)
    whole, ends = [], []
    for spelling in STRENGTHS:
        meant = [parts for readings_of in cells.values() for parts in readings_of]
        tails = {key_of(parts[at:], spelling) for parts in meant for at in range(len(parts))}
        inside = {key_of(home + parts[at:], spelling) for parts in meant for at in range(len(parts))}
        by_whole, by_end = _Hits(tails | inside), _Hits(tails)
        for name, parts in pictures:
            key, below = key_of(parts, spelling), parts[: len(home)] == home
            by_whole.note(key, name, below)
            while key:
                by_end.note(key, name, below)
                key = key.partition("/")[2]
        whole.append(by_whole)
        ends.append(by_end)
    return {cell: _decide(meant, whole, ends, home) for cell, meant in cells.items()}


def _decide(meant: list[Parts], whole: list[_Hits], ends: list[_Hits], home: Parts) -> Match:
    for relation, strength in product((ITSELF, ENDING, FILE_NAME), range(len(STRENGTHS))):
        for reading, parts in enumerate(meant):
            for candidates in _candidates(relation, strength, parts, whole[strength], ends[strength], home):
                if len(candidates) == 1:
                    return Match(candidates[0], (relation, strength, reading))
                if candidates:
                    shown = ", ".join(candidates[:SHOWN]) + (", ..." if len(candidates) > SHOWN else "")
                    return Match(None, problem=f"several such pictures: {shown}")
    return _NONE


def _candidates(
    relation: int, strength: int, parts: Parts, whole: _Hits, ends: _Hits, home: Parts
) -> Iterator[list[str]]:
    """Lists of pictures that satisfy a relation, nearest first."""
    spelling = STRENGTHS[strength]
    if relation == ITSELF:
        yield whole.of(key_of(home + parts, spelling), False)
        yield whole.of(key_of(parts, spelling), False)
    elif relation == ENDING:
        for below in (True, False):
            yield ends.of(key_of(parts, spelling), below)
        for at in range(1, len(parts)):
            yield whole.of(key_of(home + parts[at:], spelling), False)
            yield whole.of(key_of(parts[at:], spelling), False)
    else:
        for below in (True, False):
            yield ends.of(key_of(parts[-1:], spelling), below)

"""Three-way merging of a text that two people changed."""

from __future__ import annotations

import re
from typing import NamedTuple

PART = re.compile(r"\w+|\s|[^\w\s]")
FIRST = 0xE000
"""The first of the letters that stand for words: past those that can't stand alone."""


class Edit(NamedTuple):
    """base[start:end] became `text`."""

    start: int
    end: int
    text: str


class Both(NamedTuple):
    """A part of a text that both people changed differently."""

    mine: str
    theirs: str


def edits(base: str, text: str) -> list[Edit]:
    """Return the edits that turn one text into another, in order, by whole words.

    Words that were put in other words' place are one edit with the blanks between them; a word that
    stayed is part of none.
    """
    from diff_match_patch import diff_match_patch

    letters: dict[str, str] = {}
    before, after = (_as_letters(one, letters) for one in (base, text))
    words = list(letters)
    done: list[Edit] = []
    at = 0
    for kind, part in diff_match_patch().diff_main(before, after, checklines=False):
        written = "".join(words[ord(letter) - FIRST] for letter in part)
        end = at + len(written) if kind <= 0 else at
        if kind:
            _add(base, done, Edit(at, end, written if kind > 0 else ""))
        at = end
    return done


def _as_letters(text: str, letters: dict[str, str]) -> str:
    """Write a text with one letter for each word, as what compares texts wants it."""
    return "".join(
        letters.setdefault(part, chr(FIRST + len(letters))) for part in PART.findall(text)
    )


def _add(base: str, done: list[Edit], edit: Edit) -> None:
    if done:
        start, end, text = done[-1]
        between = base[end : edit.start]
        replaces = start < end and edit.start < edit.end
        if not between or (replaces and not any(map(str.isalnum, between))):
            done[-1] = Edit(start, edit.end, text + between + edit.text)
            return
    done.append(edit)


def merge(base: str, mine: str, theirs: str) -> list[str | Both]:
    """Merge two texts into ordered parts, leaving conflicts to be decided."""
    sides = (edits(base, mine), edits(base, theirs))
    parts: list[str | Both] = []
    at = 0
    while any(sides):
        start = end = min(side[0].start for side in sides if side)
        taken: tuple[list[Edit], list[Edit]] = ([], [])
        while near := [n for n, side in enumerate(sides) if side and side[0].start <= end]:
            edit = sides[near[0]].pop(0)
            taken[near[0]].append(edit)
            end = max(end, edit.end)
        own, other = (_done(base, start, end, part) for part in taken)
        parts.append(base[at:start])
        if not all(taken) or own == other:
            parts.append(own if taken[0] else other)
        else:
            parts.append(Both(own, other))
        at = end
    return [*parts, base[at:]]


def _done(base: str, start: int, end: int, edits: list[Edit]) -> str:
    written, at = "", start
    for edit in edits:
        written += base[at : edit.start] + edit.text
        at = edit.end
    return written + base[at:end]


def overlap(parts: list[str | Both]) -> bool:
    """Whether any conflict is left to be decided."""
    return any(isinstance(part, Both) for part in parts)


def decided(parts: list[str | Both], keep: str) -> str:
    """Return the merged text, with conflicts resolved by `keep`: mine, theirs or both."""
    return "".join(part if isinstance(part, str) else _resolved(part, keep) for part in parts)


def _resolved(part: Both, keep: str) -> str:
    if keep == "both":
        return _beside(part.theirs, part.mine)
    return part.mine if keep == "mine" else part.theirs


def _beside(theirs: str, mine: str) -> str:
    """Join both texts without running words together."""
    touch = theirs[-1:].isspace() or mine[:1].isspace() or not (theirs and mine)
    return f"{theirs}{mine}" if touch else f"{theirs} {mine}"

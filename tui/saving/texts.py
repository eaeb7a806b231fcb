"""Three-way merge of a text."""

from __future__ import annotations

import re
from typing import NamedTuple

TOKEN = re.compile(r"\w+|\s|[^\w\s]")
FIRST_CHAR = 0xE000
"""First code point that encodes a token: the start of the private use area."""


class Edit(NamedTuple):
    """Replace `base[start:end]` with `text`."""

    start: int
    end: int
    text: str


class TextOverlap(NamedTuple):
    """A part of a text that both sides changed differently."""

    mine: str
    theirs: str


def find_edits(base: str, text: str) -> list[Edit]:
    """Return the word-level edits that turn `base` into `text`, in order.

    Adjacent replaced words are one edit, including the whitespace between them.
    """
    from diff_match_patch import diff_match_patch

    codes: dict[str, str] = {}
    before, after = (_encode(version, codes) for version in (base, text))
    tokens = list(codes)
    result: list[Edit] = []
    position = 0
    for kind, part in diff_match_patch().diff_main(before, after, checklines=False):
        part_text = "".join(tokens[ord(code) - FIRST_CHAR] for code in part)
        end = position + len(part_text) if kind <= 0 else position
        if kind:
            _append_edit(base, result, Edit(position, end, part_text if kind > 0 else ""))
        position = end
    return result


def _encode(text: str, codes: dict[str, str]) -> str:
    """Encode each token as one character, so that the diff works on whole words."""
    return "".join(
        codes.setdefault(part, chr(FIRST_CHAR + len(codes))) for part in TOKEN.findall(text)
    )


def _append_edit(base: str, result: list[Edit], edit: Edit) -> None:
    if result:
        start, end, text = result[-1]
        between = base[end : edit.start]
        replaces = start < end and edit.start < edit.end
        if not between or (replaces and not any(map(str.isalnum, between))):
            result[-1] = Edit(start, edit.end, text + between + edit.text)
            return
    result.append(edit)


def merge(base: str, mine: str, theirs: str) -> list[str | TextOverlap]:
    """Merge two texts into ordered parts, with overlaps for the user to resolve."""
    sides = (find_edits(base, mine), find_edits(base, theirs))
    parts: list[str | TextOverlap] = []
    position = 0
    while any(sides):
        start = end = min(side[0].start for side in sides if side)
        group: tuple[list[Edit], list[Edit]] = ([], [])
        while touching := [n for n, side in enumerate(sides) if side and side[0].start <= end]:
            edit = sides[touching[0]].pop(0)
            group[touching[0]].append(edit)
            end = max(end, edit.end)
        my_text, their_text = (_apply(base, start, end, part) for part in group)
        parts.append(base[position:start])
        if not all(group) or my_text == their_text:
            parts.append(my_text if group[0] else their_text)
        else:
            parts.append(TextOverlap(my_text, their_text))
        position = end
    return [*parts, base[position:]]


def _apply(base: str, start: int, end: int, edits: list[Edit]) -> str:
    text, position = "", start
    for edit in edits:
        text += base[position : edit.start] + edit.text
        position = edit.end
    return text + base[position:end]


def has_overlap(parts: list[str | TextOverlap]) -> bool:
    """Return whether the user has to resolve any part."""
    return any(isinstance(part, TextOverlap) for part in parts)


def resolve(parts: list[str | TextOverlap], keep: str) -> str:
    """Return the merged text, with overlaps resolved by `keep`: mine, theirs or both."""
    return "".join(part if isinstance(part, str) else _resolve_part(part, keep) for part in parts)


def _resolve_part(part: TextOverlap, keep: str) -> str:
    if keep == "both":
        return _join(part.theirs, part.mine)
    return part.mine if keep == "mine" else part.theirs


def _join(theirs: str, mine: str) -> str:
    """Join both texts, separated by white space."""
    is_separated = theirs[-1:].isspace() or mine[:1].isspace() or not (theirs and mine)
    return f"{theirs}{mine}" if is_separated else f"{theirs} {mine}"

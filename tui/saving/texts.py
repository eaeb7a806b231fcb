"""Merging what two people did with one text, each since the same state of it."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """base[start:end] became `text`."""

    start: int
    end: int
    text: str


class Both(NamedTuple):
    """A part of a text that both changed, each differently."""

    mine: str
    theirs: str


def edits(base: str, text: str) -> list[Edit]:
    """List what was done to a text, in order, each of whole words."""
    from diff_match_patch import diff_match_patch

    differ = diff_match_patch()
    differences = differ.diff_main(base, text)
    differ.diff_cleanupSemantic(differences)
    done: list[Edit] = []
    at = 0
    for kind, part in differences:
        end = at + len(part) if kind <= 0 else at
        if kind:
            after = part if kind > 0 else ""
            if done and done[-1].end == at:
                done[-1] = Edit(done[-1].start, end, done[-1].text + after)
            else:
                done.append(Edit(at, end, after))
        at = end
    return _of_words(base, done)


def _of_words(base: str, done: list[Edit]) -> list[Edit]:
    """Widen edits to the words they are in: letters of two people make no word."""
    spans: list[tuple[int, int, list[Edit]]] = []
    for edit in done:
        start, end = _span(base, edit)
        if spans and start <= spans[-1][1]:
            before, _, same = spans.pop()
            spans.append((before, end, [*same, edit]))
        else:
            spans.append((start, end, [edit]))
    return [Edit(start, end, _done(base, start, end, same)) for start, end, same in spans]


def _span(base: str, edit: Edit) -> tuple[int, int]:
    start, end, text = edit
    if _in_word(base[:start][-1:], text or base[start:]):
        while start and base[start - 1].isalnum():
            start -= 1
    if _in_word((text or base[:end])[-1:], base[end:]):
        while end < len(base) and base[end].isalnum():
            end += 1
    return start, end


def _in_word(before: str, after: str) -> bool:
    return before.isalnum() and after[:1].isalnum()


def merge(base: str, mine: str, theirs: str) -> list[str | Both]:
    """Merge two texts into parts, in order: a part that both changed is left to be decided."""
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
    """Whether anything is left to be decided."""
    return any(isinstance(part, Both) for part in parts)


def decided(parts: list[str | Both], keep: str) -> str:
    """Write a merged text; where both changed it, `keep` is mine, theirs, or both."""
    return "".join(part if isinstance(part, str) else _kept(part, keep) for part in parts)


def _kept(part: Both, keep: str) -> str:
    if keep == "both":
        return "\n\n".join(text.strip("\n") for text in (part.theirs, part.mine) if text)
    return part.mine if keep == "mine" else part.theirs

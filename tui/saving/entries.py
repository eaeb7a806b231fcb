"""Three-way merging of a group's entries that two people changed."""

from __future__ import annotations

from uuid import uuid4

from shared.forms.submissions import Answer, Entry

NO_ENTRY: Entry = {}


def entries_of(answer: Answer | None) -> list[Entry]:
    """Return the entries of a group's answer, or an empty list."""
    return answer if isinstance(answer, list) else []


def _by_id(entries: list[Entry]) -> dict[str, Entry]:
    return {str(entry["id"]): entry for entry in entries}


def overlapping(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[str]:
    """List the ids of entries in which both changed the same answer differently."""
    before, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    return [
        id
        for id, entry in _by_id(entries_of(mine)).items()
        if id in other and _both_changed(before.get(id, NO_ENTRY), entry, other[id])
    ]


def _both_changed(before: Entry, mine: Entry, theirs: Entry) -> bool:
    names = mine.keys() | theirs.keys()
    return any(len({mine.get(name), theirs.get(name), before.get(name)}) == 3 for name in names)


def merge(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[Entry]:
    """Merge entries; where both sides changed an answer, mine wins.

    An entry that one side removed and the other changed is kept.
    """
    before, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    own = _by_id(entries_of(mine))
    result = []
    for id, entry in own.items():
        if id in other:
            result.append(_merge_entry(before.get(id, NO_ENTRY), entry, other[id]))
        elif entry != before.get(id):
            result.append(entry)
    return [*result, *(e for id, e in other.items() if id not in own and e != before.get(id))]


def _merge_entry(before: Entry, mine: Entry, theirs: Entry) -> Entry:
    changed = {name: value for name, value in mine.items() if value != before.get(name)}
    return {**theirs, **changed}


def merge_keeping_both(
    base: Answer | None, mine: Answer | None, theirs: Answer | None
) -> list[Entry]:
    """Merge entries, keeping both versions of those that overlap."""
    conflicting = overlapping(base, mine, theirs)
    copies = [
        {**entry, "id": uuid4().hex}
        for id, entry in _by_id(entries_of(theirs)).items()
        if id in conflicting
    ]
    return [*merge(base, mine, theirs), *copies]

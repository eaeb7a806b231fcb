"""Three-way merge of a group's entries."""

from __future__ import annotations

from uuid import uuid4

from shared.forms.submissions import Answer, Entry

NO_ENTRY: Entry = {}


def entries_of(answer: Answer | None) -> list[Entry]:
    """Return the entries of a group's answer, or an empty list."""
    return answer if isinstance(answer, list) else []


def _by_id(entries: list[Entry]) -> dict[str, Entry]:
    return {str(entry["id"]): entry for entry in entries}


def find_overlaps(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[str]:
    """Return the ids of entries in which both sides changed an answer differently."""
    ancestors, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    return [
        id
        for id, entry in _by_id(entries_of(mine)).items()
        if id in other and _both_changed(ancestors.get(id, NO_ENTRY), entry, other[id])
    ]


def _both_changed(ancestor: Entry, mine: Entry, theirs: Entry) -> bool:
    names = mine.keys() | theirs.keys()
    return any(len({mine.get(name), theirs.get(name), ancestor.get(name)}) == 3 for name in names)


def merge(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[Entry]:
    """Merge entries; `mine` wins where both sides changed an answer.

    An entry that one side removed and the other changed is kept.
    """
    ancestors, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    ours = _by_id(entries_of(mine))
    result = []
    for id, entry in ours.items():
        if id in other:
            result.append(_merge_entry(ancestors.get(id, NO_ENTRY), entry, other[id]))
        elif entry != ancestors.get(id):
            result.append(entry)
    return [*result, *(e for id, e in other.items() if id not in ours and e != ancestors.get(id))]


def _merge_entry(ancestor: Entry, mine: Entry, theirs: Entry) -> Entry:
    changed = {name: value for name, value in mine.items() if value != ancestor.get(name)}
    return {**theirs, **changed}


def merge_keeping_both(
    base: Answer | None, mine: Answer | None, theirs: Answer | None
) -> list[Entry]:
    """Merge entries, keeping both versions of overlapping entries."""
    conflicting = find_overlaps(base, mine, theirs)
    copies = [
        {**entry, "id": uuid4().hex}
        for id, entry in _by_id(entries_of(theirs)).items()
        if id in conflicting
    ]
    return [*merge(base, mine, theirs), *copies]

"""Merging what two people did with the entries of one group, each since the same state."""

from __future__ import annotations

from uuid import uuid4

from shared.forms.submissions import Answer, Entry

NO_ENTRY: Entry = {}


def entries_of(answer: Answer | None) -> list[Entry]:
    """Take an answer as entries; none where it holds none."""
    return answer if isinstance(answer, list) else []


def _by_id(entries: list[Entry]) -> dict[str, Entry]:
    return {str(entry["id"]): entry for entry in entries}


def clashing(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[str]:
    """List the ids of entries in which both changed the same answer, each differently."""
    was, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    return [
        id
        for id, entry in _by_id(entries_of(mine)).items()
        if id in other and _both_changed(was.get(id, NO_ENTRY), entry, other[id])
    ]


def _both_changed(was: Entry, mine: Entry, theirs: Entry) -> bool:
    names = mine.keys() | theirs.keys()
    return any(len({mine.get(name), theirs.get(name), was.get(name)}) == 3 for name in names)


def merged(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[Entry]:
    """Merge entries: what only one side did is done, and where both did, mine stands.

    What one side removed while the other changed it stays.
    """
    was, other = _by_id(entries_of(base)), _by_id(entries_of(theirs))
    own = _by_id(entries_of(mine))
    result = []
    for id, entry in own.items():
        if id in other:
            result.append(_one(was.get(id, NO_ENTRY), entry, other[id]))
        elif entry != was.get(id):
            result.append(entry)
    return [*result, *(e for id, e in other.items() if id not in own and e != was.get(id))]


def _one(was: Entry, mine: Entry, theirs: Entry) -> Entry:
    changed = {name: value for name, value in mine.items() if value != was.get(name)}
    return {**theirs, **changed}


def both(base: Answer | None, mine: Answer | None, theirs: Answer | None) -> list[Entry]:
    """Merge entries, keeping those that both changed twice: as mine and as theirs."""
    twice = clashing(base, mine, theirs)
    copies = [
        {**entry, "id": uuid4().hex}
        for id, entry in _by_id(entries_of(theirs)).items()
        if id in twice
    ]
    return [*merged(base, mine, theirs), *copies]

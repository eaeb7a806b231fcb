"""Import of children: which of them are known, and what the file changes of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from server.accounts.tables import Organisation, fold_organisation
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.folding import fold
from server.people.import_file import IDENTIFIERS, LABELS, BadRow, ChildRow
from server.people.service import change_person, details_of, person_columns, store_person
from server.people.tables import Person, PersonCorrection
from shared.people import NOT_ON_ROLL, Gender, PersonIn
from shared.values.days import format_day
from shared.values.lines import sanitise

BATCH_SIZE = 200
"""Children imported in one transaction, so that a running server waits for a moment only."""
NAME_AND_BIRTH = "name and date of birth"
NEW_NEEDS = "The address or the postcode is empty, which a new child needs."
NEW_CHILD = {"school": NOT_ON_ROLL, "gender": Gender.NOT_SAID}
"""Details of a new child whose cells are empty."""
NO_SUCH_URN = "No organisation has the URN {}: see `portal-server organisations import`."
CORRECTION_REASON = "Imported from a file"
CHANGED_MEANWHILE = "changed in the portal meanwhile: import the file again"


class Outcome(StrEnum):
    """What an import does with a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNDECIDED = "to be decided"
    BAD = "bad"


class Decision(NamedTuple):
    """What is to be done with a row, and why; `candidates` are the known children it may be."""

    outcome: Outcome
    text: str = ""
    candidates: tuple[UUID, ...] = ()


class _Known(NamedTuple):
    """The known children and the schools that the rows of a batch may be about."""

    children: dict[tuple[str, object], list[Person]]
    """Children by a detail that tells them apart; a merged record stands for its child."""
    schools: dict[str, str]
    """Names of organisations by URN, and by their folded name."""


@dataclass
class Plan:
    """The decision on each row by its line, made before anything is changed."""

    decisions: dict[int, Decision] = field(default_factory=dict)
    unlisted_schools: set[str] = field(default_factory=set)
    """Names of schools that are not in the list of organisations."""

    @property
    def counts(self) -> Counter[Outcome]:
        """The number of rows by outcome."""
        return Counter(decision.outcome for decision in self.decisions.values())


def plan_import(services: Services, rows: Iterable[ChildRow | BadRow]) -> Plan:
    """Decide on each row of a file; what two rows claim of one child is left to be decided."""
    plan = Plan()
    lines: dict[object, list[int]] = {}
    for batch in _batches(rows):
        for bad in batch:
            if isinstance(bad, BadRow):
                plan.decisions[bad.line] = Decision(Outcome.BAD, bad.reason)
        children = [row for row in batch if isinstance(row, ChildRow)]
        with services.transaction(writes=False) as tx:
            known = _load_known(tx, children)
        for row in children:
            plan.decisions[row.line] = decision = _decide(row, known)
            for key in ((row.sort_name, row.born), *decision.candidates):
                lines.setdefault(key, []).append(row.line)
            school = _school(row, known)
            if school and fold_organisation(school) not in known.schools:
                plan.unlisted_schools.add(school)
    for same in lines.values():
        for line in same[1:]:
            _set_undecided(plan, line, same[0])
        if same[1:]:
            _set_undecided(plan, same[0], same[1])
    return plan


def _set_undecided(plan: Plan, line: int, other: int) -> None:
    if plan.decisions[line].outcome is not Outcome.BAD:
        text = f"maybe the same child as line {other}"
        plan.decisions[line] = Decision(Outcome.UNDECIDED, text)


def _batches(rows: Iterable[ChildRow | BadRow]) -> Iterator[list[ChildRow | BadRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH_SIZE)):
        yield batch


def apply_plan(
    services: Services, rows: Iterable[ChildRow | BadRow], plan: Plan, account: UUID, *, dry: bool
) -> Iterator[list[str]]:
    """Carry out a plan, one transaction per batch, and yield what was done of each batch.

    The children are changed in the name of an account. With `dry` nothing is changed.
    """
    for batch in _batches(rows):
        children = [row for row in batch if isinstance(row, ChildRow)]
        with services.transaction(writes=not dry) as tx:
            known = _load_known(tx, children)
            for row in children:
                _carry_out(tx, row, plan, known, account, dry=dry)
        yield [
            f"Line {row.line}: {decision.outcome}: {row.child}{_more(decision)}"
            for row in children
            if (decision := plan.decisions[row.line]).outcome
            not in {Outcome.UNCHANGED, Outcome.BAD}
        ]


def _more(decision: Decision) -> str:
    return f": {decision.text}" if decision.text else ""


def _carry_out(
    tx: Transaction, row: ChildRow, plan: Plan, known: _Known, account: UUID, *, dry: bool
) -> None:
    planned = plan.decisions[row.line]
    if planned.outcome not in {Outcome.NEW, Outcome.CHANGED}:
        return
    if _decide(row, known) != planned:
        plan.decisions[row.line] = Decision(Outcome.UNDECIDED, CHANGED_MEANWHILE)
        return
    if dry:
        return
    if planned.outcome is Outcome.NEW:
        details = PersonIn.model_validate({**NEW_CHILD, **_values(row, known)})
        person = store_person(tx, account, uuid4(), details, known_at=tx.now)
        subject = person.id
    else:
        [id] = planned.candidates
        person = tx.session.get_one(Person, id)
        subject = _correct(tx, row, person, known, account)
    record(tx, Action.PERSON_IMPORTED, account=account, subject=subject, person=person.id)


def _correct(tx: Transaction, row: ChildRow, person: Person, known: _Known, account: UUID) -> UUID:
    """Change a child's details, and return the id of the correction, which holds what they were."""
    correction = PersonCorrection(
        id=uuid4(),
        person_id=person.id,
        before={name: old for name, (old, _) in _changes(row, person, known).items()},
        reason=CORRECTION_REASON,
        account_id=account,
        at=tx.now,
    )
    tx.session.add(correction)
    change_person(tx, account, person, _merge(row, person, known))
    return correction.id


def _load_known(tx: Transaction, rows: Sequence[ChildRow]) -> _Known:
    conditions = [col(Person.sort_name).in_([row.sort_name for row in rows])]
    for name, column in (("upn", col(Person.upn)), ("nhs_number", col(Person.nhs_number))):
        conditions.append(column.in_([row.values[name] for row in rows if name in row.values]))
    records = _load_people(tx, or_(*conditions), col(Person.known_at).is_not(None))
    merged = {person.merged_into for person in records if person.merged_into}
    into = _load_people(tx, col(Person.id).in_(merged))
    people = {child.id: child for child in (*records, *into)}
    children: dict[tuple[str, object], list[Person]] = {}
    for person in records:
        for key in _keys(person.upn, person.nhs_number, (person.sort_name, person.born)):
            children.setdefault(key, []).append(people[person.merged_into or person.id])
    urns = [row.values["urn"] for row in rows if "urn" in row.values]
    names = {fold_organisation(row.values["school"]) for row in rows if "school" in row.values}
    organisations = tx.session.exec(
        select(Organisation).where(
            or_(col(Organisation.urn).in_(urns), col(Organisation.name_folded).in_(names))
        )
    ).all()
    return _Known(
        children,
        {row.name_folded: row.name for row in organisations}
        | {row.urn: row.name for row in organisations if row.urn},
    )


def _load_people(tx: Transaction, *conditions: ColumnElement[bool]) -> Sequence[Person]:
    """Load children, and lock them in a fixed order unless the transaction only reads."""
    query = select(Person).where(*conditions).order_by(col(Person.id))
    return tx.session.exec(query.with_for_update(key_share=True) if tx.writes else query).all()


def _decide(row: ChildRow, known: _Known) -> Decision:
    if "urn" in row.values and row.values["urn"] not in known.schools:
        return Decision(Outcome.BAD, NO_SUCH_URN.format(row.values["urn"]))
    alike: dict[UUID, set[str]] = {}
    children: dict[UUID, Person] = {}
    upn, nhs_number = (row.values.get(name, "") for name in IDENTIFIERS)
    for key in _keys(upn, nhs_number, (row.sort_name, row.born)):
        for child in known.children.get(key, ()):
            children[child.id] = child
            alike.setdefault(child.id, set()).add(key[0])
    ids = tuple(sorted(alike))
    if not ids:
        is_complete = {"address", "postcode"} <= row.values.keys()
        return Decision(Outcome.NEW) if is_complete else Decision(Outcome.BAD, NEW_NEEDS)
    texts = [f"{_describe(children[id])} ({', '.join(sorted(alike[id]))})" for id in ids]
    if len(ids) > 1:
        return Decision(Outcome.UNDECIDED, f"maybe {' or '.join(texts)}", ids)
    child = children[ids[0]]
    if contradiction := _contradiction(row, child):
        return Decision(Outcome.UNDECIDED, f"maybe {texts[0]}, {contradiction}", ids)
    changes = [
        f"{LABELS[name]} from {sanitise(old) or 'empty'} to {new}"
        for name, (old, new) in _changes(row, child, known).items()
    ]
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Decision(outcome, "; ".join(changes), ids)


def _changes(row: ChildRow, child: Person, known: _Known) -> dict[str, tuple[str, str]]:
    """Return the details that a row changes, each with its text before and after."""
    old, new = details_of(child), person_columns(_merge(row, child, known))
    return {
        name: (str(old[name]), str(new[name]))
        for name in LABELS
        if name in new and new[name] != old[name]
    }


def _keys(
    upn: str, nhs_number: str, name_and_birth: tuple[str, date]
) -> Iterator[tuple[str, object]]:
    """Yield what tells a child apart, each with its label."""
    if upn:
        yield LABELS["upn"], upn
    if nhs_number:
        yield LABELS["nhs_number"], nhs_number
    yield NAME_AND_BIRTH, name_and_birth


def _contradiction(row: ChildRow, child: Person) -> str:
    """Return what speaks against a child whom a row may be about, or ''."""
    for name in IDENTIFIERS:
        stored = getattr(child, name)
        if stored and row.values.get(name, stored) != stored:
            return f"who has another {LABELS[name]}"
    is_other = {
        "first name": fold(row.values["first_name"]) != fold(child.first_name),
        "date of birth": row.born != child.born,
    }
    differing = " and ".join(name for name in is_other if is_other[name])
    return f"who has another {differing}" if differing else ""


def _describe(child: Person) -> str:
    return f"{child.name}, born {format_day(child.born)}"


def _school(row: ChildRow, known: _Known) -> str:
    """Return the name of a row's school as the list of organisations spells it, or ''."""
    name = row.values.get("school", "")
    if "urn" in row.values:
        return known.schools.get(row.values["urn"], "")
    return known.schools.get(fold_organisation(name), name)


def _values(row: ChildRow, known: _Known) -> dict[str, object]:
    values: dict[str, object] = {**row.values, "born": row.born}
    if school := _school(row, known):
        values["school"] = school
    return values


def _merge(row: ChildRow, child: Person, known: _Known) -> PersonIn:
    """Return a child's details with those of a row; an empty cell changes nothing."""
    details = PersonIn.model_validate(child, from_attributes=True).model_dump()
    return PersonIn.model_validate({**details, **_values(row, known)})

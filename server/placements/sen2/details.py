"""The SEN2 details of a case: what an officer enters, and what would fail in the return now."""

from uuid import UUID

from sqlmodel import col, or_, select

from server.accounts.actor import Actor
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import field_error, invalid
from server.placements.sen2.check import IS_KIND, check_children
from server.placements.sen2.records import Record, read_cases
from server.placements.sen2.specification import AnswerField, specification
from server.placements.sen2.values import build_children
from server.placements.tables import Sen2Answer
from shared.cases.states import CaseState
from shared.problems import FieldError
from shared.sen2 import AnswerCheck, NeededWhen, Sen2Field, Sen2Out, Sen2Problem
from shared.values.days import InvalidDate, format_day, london_day, parse_day

NEEDED = {
    NeededWhen.NEVER: "",
    NeededWhen.ALWAYS: "The return needs it.",
    NeededWhen.PLAN: "The return needs it once there is a plan.",
    NeededWhen.ENDED: "The return needs it once the plan has ended.",
}
NOT_RIGHT = "This can't be right. Check each character."


def read_details(tx: Transaction, actor: Actor, case_id: UUID) -> Sen2Out:
    """Return the SEN2 details of a case and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    actor.record(tx, Action.SEN2_READ, subject=case.id, person=case.person_id)
    return _details_out(tx, case)


def save_details(tx: Transaction, actor: Actor, case_id: UUID, answers: dict[str, str]) -> Sen2Out:
    """Save answers, of which an empty one is taken away; raises NOT_FOUND, INVALID."""
    case = find_case(tx, actor, case_id)
    fields = specification().answers
    values = {name: text.strip() for name, text in answers.items()}
    errors = [error for name, text in values.items() for error in _errors(fields, name, text)]
    if errors:
        raise invalid(errors)
    changed = [_save_answer(tx, actor, case, name, text) for name, text in values.items()]
    tx.session.flush()
    action = Action.SEN2_CHANGED if any(changed) else Action.SEN2_READ
    actor.record(tx, action, subject=case.id, person=case.person_id)
    return _details_out(tx, case)


def _errors(fields: dict[str, AnswerField], name: str, text: str) -> list[FieldError]:
    field = fields.get(name)
    if field is None:
        return [field_error(f"/{name}", "The return has no such field.")]
    if not text or (field.codes and text in specification().codes[field.codes]):
        return []
    if field.codes:
        return [field_error(f"/{name}", "Choose one of the list.")]
    if field.check is AnswerCheck.DATE:
        try:
            parse_day(text)
        except InvalidDate as error:
            return [field_error(f"/{name}", str(error))]
    elif field.check is not None and not IS_KIND[field.check](text):
        return [field_error(f"/{name}", NOT_RIGHT)]
    return []


def _save_answer(tx: Transaction, actor: Actor, case: Case, name: str, text: str) -> bool:
    """Save one answer, and return whether it has changed.

    A detail of the child is the same in all its cases, so an answer of another case is replaced.
    """
    [record] = read_cases(tx, [case.id], london_day(tx.now))
    if record.entered.get(name, "") == text:
        return False
    cases = [case.id]
    if specification().answers[name].of == "child":
        cases = list(tx.session.exec(select(Case.id).where(Case.person_id == case.person_id)))
    for id in cases:
        row = tx.session.get(Sen2Answer, (id, name))
        if row is not None:
            tx.session.delete(row)
    tx.session.flush()
    if text:
        tx.session.add(
            Sen2Answer(
                case_id=case.id, field=name, value=text, account_id=actor.account_id, at=tx.now
            )
        )
    return True


def _details_out(tx: Transaction, case: Case) -> Sen2Out:
    today = london_day(tx.now)
    query = (
        select(Case.id)
        .where(
            Case.person_id == case.person_id,
            or_(Case.state != CaseState.JOINED, Case.id == case.id),
        )
        .order_by(col(Case.received_on), col(Case.id))
    )
    records = read_cases(tx, tx.session.exec(query).all(), today)
    [record] = [record for record in records if record.case.id == case.id]
    children = build_children(records, today)
    problems = check_children(children, tx.services.settings.sen2.la, today)
    return Sen2Out(
        case=case.id,
        child=record.person.name,
        facts=_facts(record),
        fields=_fields(record),
        problems=[
            Sen2Problem(what=problem.what, where=problem.where)
            for problem in problems
            if problem.case == case.id
        ],
    )


def _fields(record: Record) -> list[Sen2Field]:
    spec = specification()
    fields = []
    for name, field in spec.answers.items():
        derived = record.derived.get(name, "")
        options = spec.codes[field.codes] if field.codes else {}
        taken = f"Left empty, it is taken from {field.by}" if field.by else ""
        if taken and derived:
            taken += f": {options.get(derived, derived)}"
        hints = (NEEDED[field.needed], f"{taken}." if taken else "")
        fields.append(
            Sen2Field(
                name=name,
                label=field.label,
                help=" ".join(hint for hint in hints if hint),
                value=record.entered.get(name, ""),
                derived=derived,
                options=options,
            )
        )
    return fields


def _facts(record: Record) -> list[str]:
    """Say what the return has of a case by its events."""
    spec, journey = specification(), record.journey
    facts = [f"Request received {format_day(journey.received)}"] if journey.received else []
    for title, codes, outcome in (
        ("Request", "request_outcome", journey.request),
        ("Assessment", "assessment_outcome", journey.assessment),
        ("Review", "review_outcome", journey.review),
    ):
        if outcome is not None:
            meaning = spec.codes[codes][outcome.code]
            facts.append(f"{title}: {meaning}, {format_day(outcome.on)}")
    for title, day in (("Plan since", journey.plan_started), ("until", journey.plan_ended)):
        if day is not None:
            facts.append(f"{title} {format_day(day)}")
    return facts

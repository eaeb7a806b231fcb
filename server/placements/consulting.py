"""Consulting settings (CFA s.39 and 40): asking, chasing, and recording replies."""

from datetime import date
from itertools import takewhile
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, or_, select

from server.accounts.actor import Actor
from server.accounts.edits import apply_edit
from server.accounts.organisations import find_organisations
from server.accounts.tables import ADDED_SETTING, Organisation, fold_organisation
from server.cases.service import events_of, find_case
from server.cases.tables import Case, CaseEvent
from server.core.audit import Action
from server.core.database import Transaction
from server.core.outbox import post_mail
from server.core.problems import PortalProblem, invalid_field, not_found
from server.core.settings import Settings
from server.placements.setting_kinds import kind_of_setting
from server.placements.tables import Consultation
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.placements import (
    NOT_YET,
    PLACING_STATES,
    REFUSAL_GROUNDS,
    ConsultIn,
    ConsultSetting,
    RefusalGround,
    Reply,
    ReplyIn,
    SettingRow,
    consultation_due,
)
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day
from shared.values.identifiers import check_email, check_line

IS_SETTING = and_(
    or_(col(Organisation.urn).is_not(None), col(Organisation.kind) == ADDED_SETTING),
    col(Organisation.kind).not_in(("Children's centre", "Children's centre linked site")),
)
"""Whether an organisation may be named in a plan.

It is a place of education, by the register or by how it was added. Services, such as those of
health and social care, have no URN, and no kind.
"""
NOT_TYPED = {
    "name": "Enter the name of the setting.",
    "address": "Enter the address of the setting, to which the letter goes.",
}
TOO_EARLY = "Settings are consulted from the draft plan on, in this case from {day}."
NO_GROUND = "Choose the ground: one of the three in section 39."


def require_placing(case: Case) -> None:
    """Raise NOT_ALLOWED before the draft plan, and after the case has ended."""
    if CaseState(case.state) not in PLACING_STATES:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NOT_YET)


def require_past(tx: Transaction, on: date, pointer: str = "/on") -> None:
    """Raise INVALID for a day in the future."""
    if on > london_day(tx.now):
        raise invalid_field(pointer, "The date must be today or in the past.")


def require_ground(ground: RefusalGround | None) -> None:
    """Raise INVALID for a refusal without one of the three grounds (CFA s.39(4))."""
    if ground is None:
        raise invalid_field("/ground", NO_GROUND)


def find_settings(tx: Transaction, text: str) -> list[SettingRow]:
    """Find schools and colleges of the list, each with its kind and the email used for it last."""
    rows = find_organisations(tx, text, IS_SETTING)
    used = select(Consultation.organisation_id, Consultation.email).where(
        col(Consultation.organisation_id).in_([row.id for row in rows]), Consultation.email != ""
    )
    emails = {
        row.organisation_id: row.email
        for row in tx.session.execute(used.order_by(col(Consultation.at)))
    }
    types = select(Organisation.id, Organisation.kind).where(
        col(Organisation.id).in_([row.id for row in rows])
    )
    kinds = {id: kind_of_setting(type) for id, type in tx.session.exec(types)}
    return [
        SettingRow(**row.model_dump(), email=emails.get(row.id, ""), kind=kinds[row.id])
        for row in rows
    ]


def placing_since(tx: Transaction, case: Case) -> date | None:
    """Return the day from which settings may be consulted in a case, or None if they may not."""
    events = takewhile(
        lambda event: CaseState(event.state) in PLACING_STATES, reversed(events_of(tx, case))
    )
    return min((event.on for event in events), default=None)


def consult(tx: Transaction, actor: Actor, case_id: UUID, new: ConsultIn) -> None:
    """Ask settings for their reply within the period; idempotent by their ids.

    Those who were asked before today, by post or from an officer's mailbox, get no letter from
    here. They are reminded of their reply like the others if their email is known.
    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED before the draft plan or for a setting that
    was asked and has not replied.
    """
    case = find_case(tx, actor, case_id)
    for setting in new.settings:
        existing = tx.session.get(Consultation, setting.id)
        if existing is None:
            require_placing(case)
            on = setting.on or london_day(tx.now)
            _require_day(tx, case, on)
            _ask(tx, actor, case, setting, on)
        elif not _is_same(existing, case, setting):
            raise PortalProblem(
                ProblemCode.CONFLICT, "This setting was asked before, with other details."
            )


def _require_day(tx: Transaction, case: Case, on: date) -> None:
    """Raise INVALID for a day in the future, or before settings could be consulted."""
    require_past(tx, on)
    since = placing_since(tx, case)
    if since and on < since:
        raise invalid_field("/on", TOO_EARLY.format(day=format_day(since)))


def _is_same(row: Consultation, case: Case, setting: ConsultSetting) -> bool:
    name, address = row.name, row.address
    if setting.organisation is None:
        name, address = setting.name.strip(), setting.address.strip()
    return (row.case_id, row.organisation_id, row.name, row.address, row.email) == (
        *(case.id, setting.organisation, name, address, setting.email.strip()),
    )


def _name_of(tx: Transaction, setting: ConsultSetting) -> str:
    """Return the name of a setting of the list, or the typed one; raises NOT_FOUND, INVALID."""
    if setting.organisation is not None:
        organisation = tx.session.get(Organisation, setting.organisation)
        if organisation is None:
            raise not_found()
        return organisation.name
    for name, text in (("name", setting.name), ("address", setting.address)):
        error = check_line(text).message if text.strip() else NOT_TYPED[name]
        if error:
            raise invalid_field(f"/{name}", error)
    return setting.name.strip()


def _require_none_waiting(tx: Transaction, case: Case, setting: ConsultSetting, name: str) -> None:
    """Raise NOT_ALLOWED for a setting that was asked and has not replied."""
    waiting = select(Consultation).where(
        Consultation.case_id == case.id,
        col(Consultation.organisation_id).is_not_distinct_from(setting.organisation),
        col(Consultation.reply).is_(None),
    )
    is_listed = setting.organisation is not None
    if any(
        is_listed or fold_organisation(row.name) == fold_organisation(name)
        for row in tx.session.exec(waiting)
    ):
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"{name} has been asked and has not replied yet. Nobody was asked: leave it out, or "
            "chase it.",
        )


def _ask(tx: Transaction, actor: Actor, case: Case, setting: ConsultSetting, on: date) -> None:
    email = setting.email.strip()
    if email and (error := check_email(email).message):
        raise invalid_field("/email", error)
    name = _name_of(tx, setting)
    _require_none_waiting(tx, case, setting, name)
    row = Consultation(
        id=setting.id,
        case_id=case.id,
        organisation_id=setting.organisation,
        name=name,
        address="" if setting.organisation else setting.address.strip(),
        email=email,
        asked_on=on,
        due_on=consultation_due(on, tx.services.settings.periods),
        asked_by=actor.account_id,
        at=tx.now,
        edited_by=actor.account_id,
        edited_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    actor.record(tx, Action.SETTING_CONSULTED, subject=row.id, person=case.person_id)
    if on == london_day(tx.now):
        send_letter(tx, row, asking=True)


def reference_of(row: Consultation) -> str:
    """Return the reference that letters about a consultation carry instead of a child's name."""
    return row.id.hex[:8].upper()


def letter(settings: Settings, row: Consultation, today: date, *, asking: bool = False) -> str:
    """Return the letter that asks or chases a setting, which names no child."""
    due = format_day(row.due_on)
    reply = (
        f"Please reply by {due} to"
        if today <= row.due_on
        else f"Your reply was due by {due}. Please reply as soon as you can, to"
    )
    opening = (
        f"{settings.council} consults you about naming {row.name} in an education, health and care "
        "plan (Children and Families Act 2014, sections 39 and 40). The papers come separately, by "
        "secure email or by post."
        if asking
        else f"On {format_day(row.asked_on)} {settings.council} consulted you about naming "
        f"{row.name} in an education, health and care plan. Your reply has not come yet."
    )
    return (
        f"{opening}\n\nReference: {reference_of(row)}\n\n"
        f"{reply} {settings.contact_email}, with the reference. If you can't meet the child's "
        "needs, say which of these holds, and why: unsuitable for the child's age, ability, "
        "aptitude or special educational needs; incompatible with the efficient education of "
        "others; incompatible with the efficient use of resources.\n"
    )


def send_letter(tx: Transaction, row: Consultation, *, asking: bool = False) -> None:
    """Email the letter if the setting's address is known; otherwise it is printed."""
    if row.email:
        subject = "Consultation about a plan" if asking else "Your reply about a plan is waited for"
        body = letter(tx.services.settings, row, london_day(tx.now), asking=asking)
        post_mail(tx, to=row.email, subject=f"{subject}: {reference_of(row)}", body=body)


def is_issued_since() -> ColumnElement[bool]:
    """Build the condition for consultations about a plan that was issued after they were asked."""
    return exists().where(
        col(CaseEvent.case_id) == col(Consultation.case_id),
        col(CaseEvent.kind) == EventKind.FINAL_ISSUED,
        col(CaseEvent.removed_at).is_(None),
        or_(
            col(CaseEvent.on) > col(Consultation.asked_on),
            and_(
                col(CaseEvent.on) == col(Consultation.asked_on),
                col(CaseEvent.at) > col(Consultation.at),
            ),
        ),
    )


def find_consultation(
    tx: Transaction, actor: Actor, consultation: UUID
) -> tuple[Consultation, Case]:
    """Return a consultation with its locked case; raises NOT_FOUND."""
    row = tx.session.get(Consultation, consultation)
    if row is None:
        raise not_found()
    case = find_case(tx, actor, row.case_id)
    tx.session.refresh(row)
    return row, case


def chase(tx: Transaction, actor: Actor, consultation: UUID) -> UUID:
    """Chase a setting, once a day, and return the case; raises NOT_FOUND, NOT_ALLOWED."""
    row, case = find_consultation(tx, actor, consultation)
    today = london_day(tx.now)
    if row.reply is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, f"{row.name} has replied already.")
    if row.chased_on != today:
        row.chased_on, row.chases = today, row.chases + 1
        tx.session.add(row)
        send_letter(tx, row)
        actor.record(tx, Action.SETTING_CHASED, subject=row.id, person=case.person_id)
    return case.id


def record_reply(
    tx: Transaction, actor: Actor, consultation: UUID, new: ReplyIn, version: int
) -> Consultation:
    """Record a setting's reply, or correct it; raises NOT_FOUND, INVALID, STALE."""
    row, case = find_consultation(tx, actor, consultation)
    require_past(tx, new.on)
    if new.on < row.asked_on:
        raise invalid_field("/on", f"It was asked on {format_day(row.asked_on)}, not before.")
    if new.reply is Reply.NO:
        require_ground(new.ground)
    values = {
        "reply": new.reply,
        "ground": new.ground if new.reply is Reply.NO else None,
        "replied_on": new.on,
        "words": new.words.strip(),
    }
    current, person = _reply_text(row), case.person_id
    if apply_edit(tx, actor, row, values, version, person=person, current=current):
        row.recorded_by = actor.account_id
        actor.record(tx, Action.SETTING_REPLIED, subject=row.id, person=person)
    return row


def _reply_text(row: Consultation) -> str:
    if row.reply is None or row.replied_on is None:
        return "No reply is recorded."
    ground = f": {REFUSAL_GROUNDS[RefusalGround(row.ground)]}" if row.ground else ""
    answer = f"{row.reply.capitalize()}{ground}, {format_day(row.replied_on)}"
    return "\n".join(filter(None, (answer, row.words)))

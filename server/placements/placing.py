"""The family's request for a setting (CFA s.38 and 39), and the placement named in the plan."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.edits import apply_edit
from server.accounts.tables import Organisation
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.placements.consulting import require_ground, require_past, require_placing
from server.placements.order import days_out_of_order, require_order_of_days
from server.placements.school import follow_placement, lock_child
from server.placements.sen2.check import IS_KIND
from server.placements.sen2.details import NOT_RIGHT
from server.placements.sen2.specification import specification
from server.placements.tables import FamilyRequest, Placement
from shared.placements import (
    REFUSAL_GROUNDS,
    SETTING_KINDS,
    FamilyRequestIn,
    PlacementIn,
    PlacementOut,
    PlacementSave,
    RefusalGround,
    RequestDecisionIn,
    SettingKind,
    placement_days,
    placement_text,
)
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day
from shared.values.identifiers import check_line

NOT_A_SETTING = "The return has no such code of a setting."


def _check_name(name: str) -> str:
    if error := check_line(name).message:
        raise invalid_field("/name", error)
    if not name.strip():
        raise invalid_field("/name", "Enter the name of the setting, or its type.")
    return name.strip()


def _check_setting(new: PlacementIn) -> None:
    """Check what the SEN2 return says of a setting; raises INVALID."""
    for name, text in (("urn", new.urn), ("ukprn", new.ukprn)):
        if text and not IS_KIND[name](text):
            raise invalid_field(f"/{name}", NOT_RIGHT)
    if new.setting and new.setting not in specification().codes["setting"]:
        raise invalid_field("/setting", NOT_A_SETTING)


def _find_organisation(tx: Transaction, id: UUID | None) -> Organisation | None:
    organisation = tx.session.get(Organisation, id) if id else None
    if id and organisation is None:
        raise not_found()
    return organisation


def _new_row(tx: Transaction, actor: Actor, case: Case, id: UUID) -> dict[str, object]:
    by, now = actor.account_id, tx.now
    author = {"account_id": by, "at": now, "edited_by": by, "edited_at": now}
    return {"id": id, "case_id": case.id, **author}


def _require_same_case(case: Case, row: FamilyRequest | Placement) -> None:
    if row.case_id != case.id:
        raise PortalProblem(ProblemCode.CONFLICT, "This is recorded with another case.")


def record_request(
    tx: Transaction, actor: Actor, case_id: UUID, request: UUID, new: FamilyRequestIn, version: int
) -> FamilyRequest:
    """Record or correct the family's request for a setting; idempotent by its id.

    Raises NOT_FOUND, INVALID, CONFLICT, STALE, and NOT_ALLOWED before the draft plan.
    """
    case = find_case(tx, actor, case_id)
    _find_organisation(tx, new.organisation)
    require_past(tx, new.on)
    values = {
        "kind": new.kind,
        "name": _check_name(new.name),
        "organisation_id": new.organisation,
        "on": new.on,
    }
    row = tx.session.get(FamilyRequest, request)
    if row is None:
        require_placing(case)
        row = FamilyRequest.model_validate({**values, **_new_row(tx, actor, case, request)})
        tx.session.add(row)
    else:
        _require_same_case(case, row)
        if not _edit(tx, actor, case, row, values, version):
            return row
    actor.record(tx, Action.FAMILY_REQUEST_RECORDED, subject=row.id, person=case.person_id)
    return row


def _edit(
    tx: Transaction,
    actor: Actor,
    case: Case,
    row: FamilyRequest | Placement,
    values: dict[str, Any],
    version: int,
) -> bool:
    """Edit a row, and return whether it has changed; raises STALE."""
    text = _request_text(row) if isinstance(row, FamilyRequest) else _placement_text(row)
    return apply_edit(tx, actor, row, values, version, person=case.person_id, current=text)


def _request_text(row: FamilyRequest) -> str:
    asked = f"{row.name} · {SETTING_KINDS[SettingKind(row.kind)]} · {format_day(row.on)}"
    if row.agreed is None or row.decided_on is None:
        return f"{asked}\nNot decided"
    ground = f": {REFUSAL_GROUNDS[RefusalGround(row.ground)]}" if row.ground else ""
    answer = f"{'Agreed' if row.agreed else 'Refused'}{ground}, {format_day(row.decided_on)}"
    return "\n".join(filter(None, (asked, answer, row.reason)))


def _placement_text(row: Placement) -> str:
    shown = placement_out(row)
    details = placement_text(shown, specification().codes["setting"])
    return f"{row.name} · {placement_days(shown)}\n{details}"


def placement_out(row: Placement) -> PlacementOut:
    """Build the view of a placement."""
    return PlacementOut(**row.model_dump(), organisation=row.organisation_id)


def decide_request(
    tx: Transaction, actor: Actor, request: UUID, new: RequestDecisionIn, version: int
) -> FamilyRequest:
    """Agree to or refuse a family's request.

    Refusing a setting that the law gives a right to needs one of the three grounds; refusing
    another needs a reason. Raises NOT_FOUND, INVALID, STALE.
    """
    row = tx.session.get(FamilyRequest, request)
    if row is None:
        raise not_found()
    case = find_case(tx, actor, row.case_id)
    tx.session.refresh(row)
    require_past(tx, new.on)
    if new.on < row.on:
        raise invalid_field("/on", f"They asked for it on {format_day(row.on)}, not before.")
    if not new.agreed and row.kind != SettingKind.OTHER:
        require_ground(new.ground)
    if not new.agreed and not new.reason.strip():
        raise invalid_field("/reason", "Enter the reason: the family gets it in writing.")
    values = {
        "agreed": new.agreed,
        "ground": None if new.agreed else new.ground,
        "decided_on": new.on,
        "reason": new.reason.strip(),
    }
    if _edit(tx, actor, case, row, values, version):
        row.decided_by = actor.account_id
        actor.record(tx, Action.FAMILY_REQUEST_DECIDED, subject=row.id, person=case.person_id)
    return row


def name_placement(
    tx: Transaction, actor: Actor, case_id: UUID, placement: UUID, new: PlacementSave, version: int
) -> Placement:
    """Name a setting or type of setting in the plan, or correct it; idempotent by its id.

    Raises NOT_FOUND, INVALID, CONFLICT, STALE, NOT_ALLOWED before the draft plan, and
    NEEDS_CONFIRMATION for days that don't fit the steps of the case.
    """
    lock_child(tx, case_id)
    case = find_case(tx, actor, case_id)
    organisation = _find_organisation(tx, new.organisation)
    if new.ends_on and new.ends_on < new.starts_on:
        raise invalid_field("/ends_on", "The date must not be before the start.")
    _check_setting(new)
    if organisation and organisation.urn:
        new = new.model_copy(update={"urn": new.urn or organisation.urn})
    values = new.model_dump(exclude={"organisation", "confirmed"})
    values |= {"name": _check_name(new.name), "organisation_id": new.organisation}
    row = tx.session.get(Placement, placement)
    name_before, before = row.name if row else "", days_out_of_order(tx, case)
    if row is None:
        require_placing(case)
        row = Placement.model_validate({**values, **_new_row(tx, actor, case, placement)})
        tx.session.add(row)
    else:
        _require_same_case(case, row)
        if not _edit(tx, actor, case, row, values, version):
            return row
    if not new.confirmed:
        require_order_of_days(tx, case, before)
    actor.record(tx, Action.PLACEMENT_NAMED, subject=row.id, person=case.person_id)
    follow_placement(tx, case, actor, corrected=row, name_before=name_before)
    return row


def settings_for_copy(tx: Transaction, case: Case) -> tuple[str, ...]:
    """Return the settings that a plan names, for now or later, to which a copy goes (Reg. 14).

    Until it names one, it is the setting of the family that was agreed to last.
    """
    today = london_day(tx.now)
    rows = placements_of(tx, case)
    named = [row.name for row in rows if row.ends_on is None or row.ends_on >= today]
    if named:
        return tuple(dict.fromkeys(named))
    is_agreed = col(FamilyRequest.agreed).is_(True)
    query = select(FamilyRequest).where(FamilyRequest.case_id == case.id, is_agreed)
    agreed = tx.session.exec(query.order_by(col(FamilyRequest.decided_on).desc())).first()
    return (agreed.name,) if agreed else ()


def placements_of(tx: Transaction, case: Case) -> list[Placement]:
    """List the placements named in a case's plan, by rank and start."""
    query = select(Placement).where(Placement.case_id == case.id)
    rows = tx.session.exec(query)
    return sorted(rows, key=lambda row: (row.ends_on is not None, row.rank, row.starts_on))

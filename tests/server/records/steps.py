"""Helpers for retention, export and erasure."""

import asyncio
import json
from uuid import UUID, uuid4

from sqlmodel import SQLModel

from server.cases.tables import Case
from server.core.database import Services, table_of
from server.letters.tables import LetterPosting, LetterRecord
from server.people.tables import AccessEnd
from server.placements.tables import Consultation, FamilyRequest, Placement, Sen2Answer
from server.records.retention import apply_now
from shared.values.days import london_day
from tests.parts import Clock, Someone
from tests.pdfs import make_pdf
from tests.server.casework.steps import (
    CALL,
    CASEWORK,
    add_note,
    add_panel,
    add_task,
    add_to_panel,
    write_minutes,
)
from tests.server.desk.steps import advice_body, move_days, record_event
from tests.server.desk.test_exemptions import exempt
from tests.server.documents.test_upload import stored_files
from tests.server.placements.steps import add_school
from tests.server.steps import (
    add_child,
    child,
    if_match,
    ok,
    remind,
    required_answers,
    rows,
    save,
    share,
    start,
    submit,
    upload,
)

FIRST_NAME, LAST_NAME, UPN = "Zephyrine", "Quillfeather", "Q856000022001"
ADDRESS = "19 Vermilion Wharf, Oakham"
SUBMITTED, PUBLISHED, UNSUBMITTED = (
    make_pdf(word) for word in (b"submittedbytes", b"planbytes", b"draftbytes")
)
KEPT_WORDS = {
    *("attainedwords", "reasonwords", "submittedbytes", "planbytes"),
    *("notewords", "minuteswords"),
}
"""Words of what the law keeps."""
ERASABLE_WORDS = {"draftwords", "editwords", "advicewords", "draftbytes", "taskwords"}


def attach(me: Someone, person: UUID, content: bytes, name: str = "report.pdf") -> str:
    """Upload a document and return its id."""
    document: str = ok(upload(me, person, content, name)).json()["id"]
    return document


def file_entry(document: str) -> dict[str, object]:
    """Return the answer that names a document."""
    return {"documents": [{"id": uuid4().hex, "description": "other", "file": document}]}


def create_full_record(
    me: Someone, other: Someone, officer: Someone, services: Services, clock: Clock
) -> UUID:
    """Create a child with rows in every table about children, and return its id."""
    details = {"first_name": FIRST_NAME, "last_name": LAST_NAME, "upn": UPN}
    details |= {"address": ADDRESS}
    person, twin = add_child(me, **details), add_child(other, **details)
    form = start(me, person)
    document = attach(me, person, SUBMITTED, "quillfeather.pdf")
    answers = {"attainment": "attainedwords", **file_entry(document), **required_answers(me)}
    ok(save(me, form, answers))
    ok(submit(me, form))
    ok(save(me, form, {"attainment": "editwords"}))
    share(me, form, other)
    for known, new in ((None, person), (person, twin)):
        same_as = {"same_as": str(known) if known else None}
        ok(officer.post(f"/v1/desk/people/{new}/match", json=same_as))
    draft = start(me, person)
    unsubmitted = attach(me, person, UNSUBMITTED)
    ok(save(me, draft, {"attainment": "draftwords", **file_entry(unsubmitted)}))
    [case] = [row.id for row in rows(services, Case)]
    ok(exempt(officer, case, "decide", reason="reasonwords"))
    decided = ok(record_event(officer, case, "decided_to_assess")).json()["events"][-1]
    correction = {"id": str(uuid4()), "kind": decided["kind"], "on": decided["on"]}
    path = f"/v1/desk/cases/{case}/events/{decided['id']}"
    ok(officer.put(path, json={**correction, "reason": "reasonwords"}))
    body = advice_body(other, "educational-advice")
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    ok(save(other, UUID(advice["submission"]), {"story": "advicewords"}))
    chase = {"id": str(uuid4()), "text": "reasonwords"}
    ok(officer.post(f"/v1/desk/advice/{advice['id']}/chase", json=chase))
    add_post(officer, case, person)
    publish(officer, case, attach(officer, person, PUBLISHED), me)
    add_casework(officer, case)
    filed = attach(officer, person, PUBLISHED, "notes.pdf")
    body = {"document": filed, "title": "Notes"}
    ok(officer.post(f"/v1/desk/cases/{case}/documents", json=body))
    letter = f"/v1/desk/cases/{case}/letters/decided_to_assess"
    body = {"texts": {"own": "draftwords"}}
    ok(officer.put(letter, json=body, headers={"If-Match": '"0"'}))
    with services.transaction() as tx:
        made = {"document_id": filed, "case_id": case, "kind": "refused_to_assess", "title": ""}
        made |= {"template_version": 1, "template_sha256": "", "event_id": None}
        made |= {"event_on": "2026-03-02", "texts": {"own": "reasonwords"}}
        made |= {"account_id": officer.id, "made_at": tx.now}
        tx.session.add(LetterRecord.model_validate(made))
        tx.session.flush()
        posted = LetterPosting(id=UUID(filed), posted_on=london_day(tx.now), edited_by=officer.id)
        tx.session.add(posted)
        ended = {"person_id": person, "account_id": other.id, "ended_by": officer.id}
        tx.session.add(AccessEnd.model_validate({**ended, "reason": "reasonwords", "at": tx.now}))
    record_placement(officer, case, services)
    school = child(**details, id=str(uuid4()), school="Oakham Road", reason="reasonwords")
    ok(officer.put(f"/v1/desk/people/{person}/details", json=school, headers=if_match(1)))
    move_days(clock, services, 32)
    assert remind(services)
    return person


def add_post(officer: Someone, case: UUID, person: UUID) -> None:
    """Add advice that was recorded in error as received on paper, and a corrected request."""
    asked = {"id": str(uuid4()), "form": "health-advice", "name": "Dr Fenwick"}
    asked |= {"address": "12 Reasonwords Street", "phone": "reasonwords"}
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=asked | {"asked_on": "2026-03-02"}))
    path = f"/v1/desk/advice/{asked['id']}"
    chase = {"id": str(uuid4()), "by": "phone", "on": "2026-03-02", "text": "reasonwords"}
    ok(officer.post(f"{path}/chase/post", json=chase))
    texts = {"texts": {"own": "draftwords"}}
    ok(officer.put(f"{path}/letter", json=texts, headers=if_match(0)))
    paper = {"id": str(uuid4()), "received_on": "2026-03-02"}
    ok(officer.post(f"{path}/paper", json=paper))
    reason = {"reason": "reasonwords"}
    removal = {"id": paper["id"], **reason}
    ok(officer.post(f"{path}/paper/remove", json=removal))
    ids = {"submission": str(uuid4()), "version": str(uuid4()), "person": str(person)}
    request = {"received_on": "2026-03-02", "answers": {}, "confirmed": True}
    ok(officer.post("/v1/desk/requests", json=ids | request))
    correction = {"id": str(uuid4()), "received_on": "2026-03-01", "answers": {}, **reason}
    path = f"/v1/desk/requests/{ids['submission']}"
    ok(officer.put(path, json=correction, headers=if_match(1)))


def add_casework(officer: Someone, case: UUID) -> None:
    """Add a note with an earlier version, a task, and a panel with minutes to a case."""
    note = add_note(officer, case, "notewords", call=CALL)
    change = {"text": "corrected", "call": CALL}
    ok(officer.put(f"{CASEWORK}/notes/{note}", json=change, headers=if_match(1)))
    add_task(officer, "taskwords", "2026-03-09", case)
    [item] = add_to_panel(officer, add_panel(officer, "Panel", "2026-03-09"), case)["items"]
    ok(write_minutes(officer, item["id"], "minuteswords"))


def record_placement(officer: Someone, case: UUID, services: Services) -> None:
    """Add a row to each table of settings and placements."""
    school = add_school(services)
    about = {"case_id": case, "organisation_id": school, "name": "Elm Park School"}
    today = services.clock().date()
    with services.transaction() as tx:
        by_officer = {"id": uuid4(), "account_id": officer.id, "at": tx.now}
        asked = {"asked_on": today, "due_on": today, "asked_by": officer.id}
        request = {"kind": "academy", "on": today, "reason": "reasonwords"}
        placed = {"starts_on": today}
        answer = {"case_id": case, "field": "ethnicity", "value": "WBRI"}
        tx.session.add(Consultation.model_validate({**about, **by_officer, **asked}))
        tx.session.add(FamilyRequest.model_validate({**about, **by_officer, **request}))
        tx.session.add(Placement.model_validate({**about, **by_officer, **placed}))
        tx.session.add(Sen2Answer.model_validate({**answer, **by_officer}))


def publish(officer: Someone, case: UUID, document: str, reader: Someone) -> None:
    """Publish a document to a professional."""
    body = {
        "id": str(uuid4()),
        "document": document,
        "kind": "draft_plan",
        "title": "",
        "readers": [str(reader.id)],
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case}/publications", json=body))


def stored_text(services: Services, *, without: tuple[type[SQLModel], ...] = ()) -> dict[str, str]:
    """Return the values of each table as text, in lower case, and all stored bytes."""
    texts = {}
    with services.transaction(writes=False) as tx:
        for table in SQLModel.metadata.sorted_tables:
            if table not in [table_of(model) for model in without]:
                found = tx.session.execute(table.select()).all()
                values = (json.dumps([*row], default=str, ensure_ascii=False) for row in found)
                texts[table.name] = "\n".join(values).lower()
    contents = [path.read_bytes() + path.name.encode() for path in stored_files(services)]
    texts["store"] = b"".join(contents).decode(errors="replace").lower()
    return texts


def tables_with(texts: dict[str, str], *words: str) -> dict[str, list[str]]:
    """Return the tables in which each of the words is found."""
    found = {word: [name for name, text in texts.items() if word.lower() in text] for word in words}
    return {word: names for word, names in found.items() if names}


def apply_retention(services: Services) -> dict[str, int]:
    """Delete what is due now, and return today's counts."""
    return asyncio.run(apply_now(services))

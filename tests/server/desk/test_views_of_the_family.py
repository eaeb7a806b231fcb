"""The family's views during the assessment (Reg. 6(1)(a), 7(a)), and who may read them."""

from uuid import UUID, uuid4

import pytest

from server.cases.tables import Publication
from server.core.database import Services
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case, match_child, move_days, record_event
from tests.server.desk.taking_back import person_of, read, upload_plan
from tests.server.desk.test_corrections import correction
from tests.server.desk.test_filing import file
from tests.server.documents.test_readers import can_open
from tests.server.steps import ok, rows

VIEWS = "representations_recorded"
LACKING = "The family's views are not recorded (Reg. 6(1)(a) and 7(a))."


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services) -> UUID:
    """A submitted request of a matched child."""
    case = create_case(me, services)
    match_child(officer, case)
    return case


def warning(officer: Someone, case: UUID, kind: str = "decided_to_issue", on: str = "") -> str:
    reply = record_event(
        officer, case, kind, on or "2026-03-02", "No plan is needed.", confirmed=False
    )
    assert code_of(reply) == "needs_confirmation"
    return str(reply.json()["detail"])


def test_views_are_recorded_until_it_is_decided_to_issue_a_plan(
    officer: Someone, case: UUID
) -> None:
    for kind in ("request_accepted", "decided_to_assess", "decided_to_issue"):
        before = read(officer, case)
        ok(record_event(officer, case, VIEWS, reason="School is too loud."))
        shown = read(officer, case)
        assert (shown.state, shown.deadlines) == (before.state, before.deadlines)
        assert shown.events[-1].words == "Views of the family recorded"
        assert shown.events[-1].reason == "School is too loud."
        ok(record_event(officer, case, kind))
    assert VIEWS not in [choice.kind for choice in read(officer, case).allowed]
    assert code_of(record_event(officer, case, VIEWS)) == "not_allowed"
    ok(record_event(officer, case, "draft_served"))
    early = record_event(officer, case, "final_issued")
    assert early.json()["errors"][0]["message"].startswith("The family may give their views until")


def test_their_document_is_read_by_whom_the_officer_chooses(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    ok(record_event(officer, case, "decided_to_assess"))
    document, event = upload_plan(officer, services, case), str(uuid4())
    readers = [str(me.id)]
    for _ in range(2):  # the reply to the first one was lost
        ok(record_event(officer, case, VIEWS, id=event, document=str(document), readers=readers))
    shown = read(officer, case)
    [row] = shown.published
    title = "Views of the family recorded, 02/03/2026"
    assert (row.kind, row.title, row.reader_ids) == ("other", title, [me.id])
    assert (shown.events[-1].document, shown.filed) == ("plan.pdf", [])
    assert can_open(me, document)
    progress = ok(me.get(f"/v1/people/{person_of(services, case)}/progress")).json()
    assert [item["title"] for item in progress["published"]] == [title]
    assert shown.events[-1].withdraws_plan
    path = f"/v1/desk/cases/{case}/events/{shown.events[-1].id}/undo"
    for _ in range(2):
        ok(officer.post(path, json={"version": shown.version}))
    assert not can_open(me, document)
    assert read(officer, case).published[0].withdrawn_at is not None


def test_views_recorded_before_anybody_is_asked_get_their_readers_later(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    document = upload_plan(officer, services, case)
    ok(record_event(officer, case, VIEWS, document=str(document), readers=[]))
    assert not can_open(me, document)
    [row] = read(officer, case).published
    ok(officer.post(f"/v1/desk/publications/{row.id}/readers", json={"readers": [str(me.id)]}))
    assert can_open(me, document)


def test_client_without_readers_keeps_their_document_for_officers(
    me: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    document = upload_plan(officer, services, case)
    ok(record_event(officer, case, VIEWS, document=str(document)))
    [row] = read(officer, case).filed
    assert row.of_others
    assert not can_open(me, document)
    assert read(officer, case).published == []


@pytest.mark.parametrize("own_title", ["", "What Mum wrote"])
def test_correcting_their_day_corrects_the_title_of_their_document(
    me: Someone, officer: Someone, services: Services, clock: Clock, case: UUID, own_title: str
) -> None:
    move_days(clock, services, 2)
    filed, published = (str(upload_plan(officer, services, case)) for _ in range(2))
    if own_title:
        ok(file(officer, case, UUID(filed), title=own_title))
    ok(record_event(officer, case, VIEWS, "2026-03-04", document=filed))
    ok(record_event(officer, case, VIEWS, "2026-03-04", document=published, readers=[str(me.id)]))
    for event in read(officer, case).events[-2:]:
        path = f"/v1/desk/cases/{case}/events/{event.id}"
        ok(officer.put(path, json=correction(VIEWS, "2026-03-03")))
    shown, title = read(officer, case), "Views of the family recorded, 03/03/2026"
    assert [row.title for row in shown.filed] == [own_title or title]
    assert [row.title for row in shown.published] == [title]


def test_readers_are_refused_where_nobody_can_read(
    me: Someone, officer: Someone, outsider: Someone, services: Services, case: UUID
) -> None:
    document, filed = (upload_plan(officer, services, case) for _ in range(2))
    ok(file(officer, case, filed))
    events = len(read(officer, case).events)

    def refusal(document: str | None, *readers: Someone) -> str:
        ids = [str(reader.id) for reader in readers]
        reply = record_event(officer, case, VIEWS, reason="Loud.", document=document, readers=ids)
        errors = reply.json().get("errors") or [{"pointer": code_of(reply)}]
        return str(errors[0]["pointer"])

    assert refusal(None, me) == "/readers"
    assert refusal(str(document), outsider) == "/readers"
    assert refusal(str(uuid4())) == "/document"
    assert refusal(str(filed), me) == "not_allowed"
    assert (len(read(officer, case).events), rows(services, Publication)) == (events, [])
    for kind in ("decided_to_assess", "decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    assert refusal(str(document), me) == "/readers"
    assert not can_open(me, document)


def test_decision_to_issue_asks_for_the_views_of_this_assessment(
    officer: Someone, services: Services, clock: Clock, case: UUID
) -> None:
    ok(record_event(officer, case, "decided_to_assess"))
    assert LACKING in warning(officer, case)
    assert LACKING in warning(officer, case, "decided_not_to_issue")
    ok(record_event(officer, case, VIEWS))
    assert LACKING not in warning(officer, case)
    for kind in ("decided_to_issue", "draft_served", VIEWS, "final_issued"):
        ok(record_event(officer, case, kind))
    move_days(clock, services, 1)
    for kind in ("reassessment_requested", "reassessment_agreed"):
        ok(record_event(officer, case, kind, "2026-03-03", reason="The school."))
    assert LACKING in warning(officer, case, on="2026-03-03")
    ok(record_event(officer, case, VIEWS, "2026-03-03"))
    assert LACKING not in warning(officer, case, on="2026-03-03")


def test_views_are_the_young_persons_whose_rights_they_are(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services, born="2009-01-20")
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_assess"))
    assert "The young person's views are not recorded" in warning(officer, case)
    ok(record_event(officer, case, VIEWS))
    shown = read(officer, case)
    assert shown.events[-1].words == "Views of the young person recorded"
    assert "Record the young person's views" in [choice.action for choice in shown.allowed]

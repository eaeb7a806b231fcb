"""The inbox's views, filter and marks, and polling for news."""

from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.messages.service import send_message
from shared.accounts import Staff
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.statements import record_statements
from tests.server.steps import add_child, audit_of, ok, send

pytestmark = pytest.mark.both_databases

NEWS = "/v1/messages/news"


def listed_subjects(me: Someone, **query: Any) -> list[str]:
    rows = ok(me.get("/v1/messages", params=query)).json()["rows"]
    return [row["subject"] for row in rows]


def message_path(me: Someone, subject: str, view: str = "inbox") -> str:
    rows = ok(me.get("/v1/messages", params={"view": view})).json()["rows"]
    return next(f"/v1/messages/{row['id']}" for row in rows if row["subject"] == subject)


def poll(me: Someone, etag: str | None) -> Response:
    reply: Response = me.get(NEWS, headers={"If-None-Match": etag} if etag else {})
    return reply


def test_each_view_lists_and_counts_its_messages(me: Someone, services: Services) -> None:
    for subject in ("Old", "Read", "New"):
        send(services, me, subject)
    ok(me.put(f"{message_path(me, 'Old')}/archived"))
    ok(me.put(f"{message_path(me, 'Read')}/read"))
    assert listed_subjects(me) == listed_subjects(me, view="inbox") == ["New", "Read"]
    assert listed_subjects(me, view="unread") == ["New"]
    assert listed_subjects(me, view="archived") == ["Old"]
    for view, total in (("inbox", 2), ("unread", 1), ("archived", 1)):
        page = me.get("/v1/messages", params={"view": view}).json()
        # Archived messages do not count as unread.
        assert (page["total"], page["unread"]) == (total, 1)
    assert code_of(me.get("/v1/messages", params={"view": "all"})) == "invalid"


def test_unarchived_message_is_unchanged(me: Someone, services: Services) -> None:
    send(services, me, "Advice")
    message = message_path(me, "Advice")
    for _ in range(2):
        assert me.put(f"{message}/archived").status_code == 204
    assert listed_subjects(me) == []
    for _ in range(2):
        assert me.delete(f"{message}/archived").status_code == 204
    page = me.get("/v1/messages").json()
    assert (page["rows"][0]["read"], page["unread"]) == (False, 1)


def test_message_can_be_marked_read_and_unread(me: Someone, services: Services) -> None:
    send(services, me, "Advice")
    message = message_path(me, "Advice")
    for method, unread in ((me.put, 0), (me.delete, 1), (me.delete, 1), (me.put, 0)):
        assert method(f"{message}/read").status_code == 204
        assert me.get("/v1/messages").json()["unread"] == unread


@pytest.mark.parametrize(
    ("find", "expected_subjects"),
    [
        ("required", ["You are REQUIRED"]),
        ("órla", ["A decision"]),
        ("ÓRLA decision", ["A decision"]),
        ("decision required", []),
        ("100%", ["100% done"]),
        ("_", []),
        ("  ", ["100% done", "A decision", "You are REQUIRED"]),
    ],
)
def test_filter_matches_subject_and_text_ignoring_case(
    me: Someone, services: Services, find: str, expected_subjects: list[str]
) -> None:
    with services.transaction() as tx:
        for subject, body in (
            ("You are REQUIRED", "x"),
            ("A decision", "On Órla"),
            ("100% done", ""),
        ):
            send_message(tx, to_account=me.id, subject=subject, body=body)
            tx.session.flush()
    assert sorted(listed_subjects(me, find=find)) == expected_subjects


def test_filtered_view_is_paged(me: Someone, services: Services) -> None:
    for number in range(5):
        send(services, me, f"Wanted {number}")
        send(services, me, f"Other {number}")
    query: dict[str, str | int] = {"limit": 2, "find": "wanted", "view": "unread"}
    subjects: list[str] = []
    while True:
        page = ok(me.get("/v1/messages", params=query)).json()
        assert page["total"] == 5
        subjects += [row["subject"] for row in page["rows"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert subjects == [f"Wanted {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("staff", [Staff.OFFICER, Staff.SUPPORT])
def test_staff_have_an_inbox(someone: Factory, services: Services, staff: Staff) -> None:
    account = someone(staff=staff)
    send(services, account, "A request came")
    assert ok(account.get(message_path(account, "A request came"))).json()["body"]


def test_each_opening_is_audited_with_the_child(me: Someone, services: Services) -> None:
    child = add_child(me)
    with services.transaction() as tx:
        send_message(tx, to_account=me.id, subject="Ivo", body="On Ivo.", person=child)
    message = message_path(me, "Ivo")
    before = len(audit_of(services))
    ok(me.put(f"{message}/read"))  # marking as read reveals nothing about the child
    for _ in range(2):
        ok(me.get(message))
    entries = audit_of(services)[before:]
    assert [entry.action for entry in entries] == [Action.MESSAGE_READ] * 2
    assert {entry.person_id for entry in entries} == {child}
    assert {entry.subject_id for entry in entries} == {UUID(message.rsplit("/")[-1])}


def test_news_is_reported_once(me: Someone, someone: Factory, services: Services) -> None:
    other = someone("head@osierbeck.example")
    first = ok(poll(me, None))
    assert first.json()["rows"] == []
    etag = first.headers["ETag"]
    repeat = poll(me, etag)
    assert (repeat.status_code, repeat.content, repeat.headers["ETag"]) == (304, b"", etag)
    send(services, other, "Not mine")
    assert poll(me, etag).status_code == 304
    send(services, me, "Mine")
    news = ok(poll(me, etag))
    assert news.status_code == 200
    assert news.json() == me.get("/v1/messages").json()
    assert poll(me, news.headers["ETag"]).status_code == 304
    for set_read in (me.put, me.delete):
        etag = news.headers["ETag"]
        ok(set_read(f"{message_path(me, 'Mine')}/read"))
        news = ok(poll(me, etag))
        assert news.headers["ETag"] != etag


def test_poll_without_news_runs_one_query_besides_the_session(
    me: Someone, services: Services, clock: Clock
) -> None:
    for _ in range(3):
        send(services, me)
    etag = ok(poll(me, None)).headers["ETag"]
    clock.move(minutes=5)
    with record_statements(services) as statements:
        assert poll(me, etag).status_code == 304
    assert len(statements) == 2
    assert all(statement.startswith("SELECT") for statement in statements)
    assert "FROM message" in statements[1]


def test_polling_does_not_extend_the_session(me: Someone, services: Services, clock: Clock) -> None:
    etag = None
    for minute in range(29):
        clock.move(minutes=1)
        if minute % 2:
            send(services, me)
        etag = ok(me.get(NEWS)).headers["ETag"]
        assert poll(me, etag).status_code == 304
    clock.move(minutes=1)
    assert code_of(poll(me, etag)) == "sign_in_required"
    assert code_of(me.get("/v1/session")) == "sign_in_required"


def test_user_actions_extend_the_session(me: Someone, clock: Clock) -> None:
    for _ in range(3):
        clock.move(minutes=20)
        assert me.get("/v1/messages").status_code == 200
    assert poll(me, None).status_code == 200


def send_about_child(services: Services, to: Someone, person: UUID | None, subject: str) -> None:
    """Send a message about a child."""
    with services.transaction() as tx:
        send_message(tx, to_account=to.id, subject=subject, body="Read this.", person=person)


def test_child_is_named_in_an_opened_message_but_not_in_the_list(
    me: Someone, services: Services
) -> None:
    child = add_child(me)
    send_about_child(services, me, child, "One")
    send_about_child(services, me, None, "Two")
    assert "Larkspur" not in me.get("/v1/messages").text
    assert ok(me.get(message_path(me, "One"))).json()["person_name"] == "Ivo Larkspur-Dunne"
    assert ok(me.get(message_path(me, "Two"))).json()["person_name"] == ""


def test_messages_can_be_filtered_by_child(
    me: Someone, services: Services, officer: Someone
) -> None:
    ivo, nell = add_child(me), add_child(me, first_name="Nell")
    for to in (me, officer):
        for child, subject in ((ivo, "On Ivo"), (nell, "On Nell"), (None, "On nobody")):
            send_about_child(services, to, child, subject)
        assert listed_subjects(to, person=ivo) == ["On Ivo"]
        page = to.get("/v1/messages", params={"person": str(nell)}).json()
        assert (page["about"], page["total"], page["unread"]) == ("Nell Larkspur-Dunne", 1, 3)
    assert me.get("/v1/messages").json()["about"] == ""


@pytest.mark.parametrize("staff", [None, Staff.SUPPORT])
def test_inaccessible_child_is_not_named_and_is_rejected_as_filter(
    me: Someone, someone: Factory, services: Services, staff: Staff | None
) -> None:
    other = someone("else@osierbeck.example", staff=staff)
    child = add_child(me)
    send_about_child(services, other, child, "Advice")
    assert ok(other.get(message_path(other, "Advice"))).json()["person_name"] == ""
    assert other.get("/v1/messages", params={"person": str(child)}).status_code == 404

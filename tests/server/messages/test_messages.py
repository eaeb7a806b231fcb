"""The inbox over HTTP, and the notification mail."""

from dataclasses import replace
from uuid import uuid4

import pytest

from server.core.database import Services
from server.messages.service import send_message
from tests.emails import emails_to, last_email
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import ok, send


def test_inbox_is_empty_at_first(me: Someone) -> None:
    page = me.get("/v1/messages").json()
    assert page == {"rows": [], "about": "", "total": 0, "unread": 0, "next": None}


def test_message_is_listed_opened_and_marked_read(me: Someone, services: Services) -> None:
    for subject in ("First", "Second"):
        send(services, me, subject)
    page = me.get("/v1/messages").json()
    assert [row["subject"] for row in page["rows"]] == ["Second", "First"]
    assert (page["total"], page["unread"]) == (2, 2)
    first = f"/v1/messages/{page['rows'][1]['id']}"
    message = me.get(first).json()
    assert (message["body"], message["place"]) == (
        "Please write about Ivo Larkspur-Dunne.",
        "people",
    )
    assert message["read"] is False
    for _ in range(2):
        assert me.put(f"{first}/read").status_code == 204
    assert me.get(first).json()["read"] is True
    page = me.get("/v1/messages").json()
    assert [row["read"] for row in page["rows"]] == [False, True]
    assert (page["total"], page["unread"]) == (2, 1)


def test_inbox_is_paged_newest_first(me: Someone, services: Services, clock: Clock) -> None:
    for number in range(7):
        if number % 3 == 0:
            clock.move(minutes=1)
        # Messages with equal times must also be listed exactly once.
        with services.transaction() as tx:
            tx_at_equal_time = replace(tx, now=tx.now.replace(microsecond=0))
            send_message(tx_at_equal_time, to_account=me.id, subject=f"Message {number}", body="")
    query: dict[str, str | int] = {"limit": 2}
    subjects: list[str] = []
    for size in (2, 2, 2, 1):
        page = ok(me.get("/v1/messages", params=query)).json()
        assert len(page["rows"]) == size
        subjects += [row["subject"] for row in page["rows"]]
        send(services, me, "While I read")
        query["cursor"] = page["next"]
    assert page["next"] is None
    assert page["total"] == 7 + 3
    assert set(subjects[4:]) == {"Message 0", "Message 1", "Message 2"}
    assert subjects[0] == "Message 6"
    assert set(subjects[1:4]) == {"Message 3", "Message 4", "Message 5"}


@pytest.mark.parametrize("cursor", ["x", "2026-03-02T10:42:00", "2026-03-02 x", " "])
def test_invalid_cursor_is_malformed(me: Someone, cursor: str) -> None:
    reply = me.get("/v1/messages", params={"cursor": cursor})
    assert (reply.status_code, code_of(reply)) == (400, "malformed")


def test_message_of_another_account_is_not_found(
    me: Someone, other: Someone, services: Services
) -> None:
    send(services, other)
    [row] = other.get("/v1/messages").json()["rows"]
    for message in (row["id"], uuid4()):
        for reply in (
            me.get(f"/v1/messages/{message}"),
            me.put(f"/v1/messages/{message}/read"),
        ):
            assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert me.get("/v1/messages").json()["total"] == 0
    assert other.get("/v1/messages").json()["unread"] == 1


def test_notification_mail_names_no_child(me: Someone, services: Services) -> None:
    send(services, me, "Ivo Larkspur-Dunne was put on your list")
    [mail] = emails_to(services, me.email)
    text = f"{mail.subject}\n{last_email(services, me.email)}"
    assert "message" in text
    for name in ("Ivo", "Larkspur", "Dunne"):
        assert name not in text

"""Home over HTTP: what waits for a professional, an officer and the support desk."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from server.core.database import Services
from server.messages.service import send_message
from shared.accounts import Staff
from shared.home import HOME_MESSAGES, HOME_ROWS
from shared.places import PlaceKind
from tests.advice import assess, minimal_advice, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import case_of
from tests.server.statements import record_statements
from tests.server.steps import (
    add_child,
    ok,
    save,
    send,
    share,
    start,
    submission_path,
    submit,
    submitted,
)


def home(me: Someone) -> dict[str, Any]:
    content: dict[str, Any] = ok(me.get("/v1/home")).json()
    return content


def forms(content: dict[str, Any], part: str = "forms") -> list[str]:
    return [row["submission"] for row in content[part]["rows"]]


def take_back(officer: Someone, submission: UUID, missing: str = "The attendance.") -> None:
    """Return a request with what is missing."""
    ok(officer.post(f"/v1/desk/submissions/{submission}/return", json={"missing": missing}))


def send_news(services: Services, to: Someone, person: UUID, subject: str) -> None:
    """Send a message that leads to a child's progress page."""
    with services.transaction() as tx:
        send_message(
            tx,
            to_account=to.id,
            subject=subject,
            body="Of Ivo.",
            person=person,
            place=PlaceKind.PERSON.of(person),
            place_label="Open the progress page",
        )


def test_home_of_a_new_account_is_empty(me: Someone) -> None:
    content = home(me)
    assert content["today"] == "2026-03-02"
    for part in ("forms", "due", "news", "cases", "unassigned"):
        assert content[part] == {"rows": [], "more": 0}
    assert content["messages"] == []
    assert (content["unread"], content["newest"], content["unsent_mails"]) == (0, None, 0)


def test_drafts_are_listed_with_the_step_they_were_left_at(me: Someone, clock: Clock) -> None:
    first = start(me, add_child(me))
    clock.move(minutes=1)
    second = start(me, add_child(me, first_name="Nell"))
    assert forms(home(me)) == [str(second), str(first)]
    clock.move(minutes=1)
    ok(save(me, first, {"work_details": str(me.work)}))
    content = home(me)
    assert forms(content) == [str(first), str(second)]
    rows = content["forms"]["rows"]
    # The first step is done, so the form goes on at the second.
    assert [(row["step"], row["steps"], row["state"]) for row in rows] == [
        (2, 8, "draft"),
        (1, 8, "draft"),
    ]
    assert (rows[0]["person_name"], rows[0]["due"]) == ("Ivo Larkspur-Dunne", None)


def test_what_was_submitted_is_no_draft_until_it_is_changed(me: Someone) -> None:
    submission = submitted(me)
    assert forms(home(me)) == []
    ok(save(me, submission, {"primary_need": "slcn"}))
    [row] = home(me)["forms"]["rows"]
    assert (row["submission"], row["state"]) == (str(submission), "editing")


def test_advice_is_due_until_it_is_submitted_and_told_once(
    me: Someone, someone: Factory, officer: Someone
) -> None:
    other = someone("head@osierbeck.example")
    case = assess(officer, other, add_child(other))
    [(_, form)] = request_advice(officer, case, me)
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([], [str(form)])
    [row] = content["due"]["rows"]
    assert (row["due"], row["returned"]) == ("2026-04-13", False)
    assert row["person_name"] == "Ivo Larkspur-Dunne"
    ok(save(me, form, minimal_advice(me)))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([str(form)], [])
    assert content["forms"]["rows"][0]["due"] == "2026-04-13"
    ok(submit(me, form))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([], [])


def test_due_advice_beyond_the_last_saved_forms_is_not_hidden(
    me: Someone, someone: Factory, officer: Someone, clock: Clock
) -> None:
    other = someone("head@osierbeck.example")
    case = assess(officer, other, add_child(other))
    [(_, form)] = request_advice(officer, case, me)
    ok(save(me, form, minimal_advice(me)))
    for number in range(HOME_ROWS):
        clock.move(minutes=1)
        start(me, add_child(me, first_name=f"Nell {number}"))
    content = home(me)
    assert str(form) not in forms(content)
    assert content["forms"]["more"] == 1
    assert forms(content, "due") == [str(form)]


def test_what_was_returned_waits_until_it_is_submitted_again(
    me: Someone, someone: Factory, officer: Someone, services: Services
) -> None:
    request = submitted(me)
    take_back(officer, request)
    [row] = home(me)["due"]["rows"]
    assert (row["submission"], row["due"], row["returned"]) == (str(request), None, True)
    ok(save(me, request, {"primary_need": "slcn"}))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([str(request)], [])
    assert content["forms"]["rows"][0]["returned"] is True
    ok(submit(me, request))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([], [])


def test_nothing_is_due_that_is_withdrawn_decided_cancelled_or_closed(
    me: Someone, officer: Someone
) -> None:
    withdrawn = submitted(me)
    take_back(officer, withdrawn)
    ok(me.post(f"{submission_path(withdrawn)}/withdraw"))
    case = assess(officer, me, add_child(me, first_name="Nell"))
    [(advice, _)] = request_advice(officer, case, me)
    ok(officer.post(f"/v1/desk/advice/{advice}/cancel"))
    assert forms(home(me), "due") == []
    [(_, again)] = request_advice(officer, case, me)
    assert forms(home(me), "due") == [str(again)]
    event = {"id": str(uuid4()), "kind": "transferred_out", "on": "2026-03-02", "reason": "Moved."}
    ok(officer.post(f"/v1/desk/cases/{case}/events", json=event))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([], [])


def test_a_colleague_sees_a_shared_draft_and_nobody_else_does(
    me: Someone, bea: Someone, outsider: Someone
) -> None:
    submission = start(me, add_child(me))
    assert forms(home(bea)) == []
    share(me, submission, bea)
    assert forms(home(bea)) == [str(submission)]
    assert forms(home(outsider)) == []


def test_a_hidden_child_s_draft_is_out_of_the_way_and_what_is_due_is_not(
    me: Someone, someone: Factory, officer: Someone
) -> None:
    person = add_child(me)
    start(me, person)
    case = assess(officer, me, person)
    [(_, form)] = request_advice(officer, case, me)
    ok(me.put(f"/v1/people/{person}/hidden"))
    content = home(me)
    assert (forms(content), forms(content, "due")) == ([], [str(form)])


def test_news_of_a_child_are_told_apart_from_other_messages(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    send(services, me, "Advice is needed")
    for subject in ("Decided to assess", "Draft EHC plan to read"):
        clock.move(minutes=1)
        send_news(services, me, person, subject)
    content = home(me)
    [news] = content["news"]["rows"]
    assert (news["person"], news["subject"]) == (str(person), "Draft EHC plan to read")
    assert [row["subject"] for row in content["messages"]] == ["Advice is needed"]
    assert "person_name" not in content["messages"][0]
    assert (content["unread"], content["newest"]["subject"]) == (3, "Draft EHC plan to read")
    ok(me.put(f"/v1/messages/{news['message']}/read"))
    assert home(me)["news"]["rows"][0]["subject"] == "Decided to assess"


def test_a_child_that_is_not_on_my_list_is_not_named(
    me: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    send_news(services, me, add_child(other), "Decided to assess")
    content = home(me)
    assert content["news"]["rows"] == []
    assert [row["subject"] for row in content["messages"]] == ["Decided to assess"]
    assert "Larkspur" not in me.get("/v1/home").text


def test_only_the_first_of_each_kind_are_listed_and_the_rest_record_statements(
    me: Someone, services: Services
) -> None:
    for number in range(HOME_ROWS + 2):
        person = add_child(me, first_name=f"Nell {number}")
        start(me, person)
        send_news(services, me, person, "News")
        send(services, me, f"Number {number}")
    content = home(me)
    assert len(content["messages"]) == HOME_MESSAGES
    for part in ("forms", "news"):
        assert (len(content[part]["rows"]), content[part]["more"]) == (HOME_ROWS, 2), part
    assert content["unread"] == 2 * (HOME_ROWS + 2)


def test_an_officer_sees_their_own_cases_and_those_that_nobody_has(
    me: Someone, officer: Someone, services: Services
) -> None:
    mine = case_of(me, services)
    case = case_of(me, services, first_name="Nell")
    ok(officer.put(f"/v1/desk/cases/{mine}/officer"))
    content = home(officer)
    [row] = content["cases"]["rows"]
    assert (row["case"], row["due"]) == (str(mine), "2026-04-13")
    assert (row["person_name"], row["state_words"]) == ("Ivo Larkspur-Dunne", "Request received")
    assert [row["case"] for row in content["unassigned"]["rows"]] == [str(case)]
    assert forms(content) == []


def test_support_sees_unsent_mail_and_no_child(
    me: Someone, someone: Factory, services: Services
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    case_of(me, services)
    with services.transaction() as tx:
        tx.session.execute(text("UPDATE outbox_mail SET given_up_at = created_at"))
        [emails] = tx.session.execute(text("SELECT count(*) FROM outbox_mail")).one()
    assert emails
    assert home(support)["unsent_mails"] == emails
    assert "Larkspur" not in support.get("/v1/home").text


def fill(me: Someone, officer: Someone, services: Services, count: int) -> None:
    """Give a professional drafts, returned and submitted forms, advice and messages."""
    for number in range(count):
        last = f"{number} of {count}"
        start(me, add_child(me, last_name=last))
        take_back(officer, submitted(me, add_child(me, first_name="Nell", last_name=last)))
        person = add_child(me, first_name="Rafi", last_name=last)
        request_advice(officer, assess(officer, me, person), me)
        send_news(services, me, person, "News")


def test_home_takes_as_many_statements_as_ever(
    me: Someone, officer: Someone, services: Services
) -> None:
    counts = []
    for count in (1, HOME_ROWS + 1):
        fill(me, officer, services, count)
        with record_statements(services) as statements:
            home(me)
        counts.append(len(statements))
    assert counts == [6, 6]


INDEXES = (
    "ix_submission_account",
    "ix_submission_returned",
    "ix_advice_request_account",
    "ix_message_inbox",
    "ix_message_unread",
    "ix_case_officer",
)


def test_home_reads_by_index_what_is_not_done_and_walks_through_no_table(
    me: Someone, services: Services, officer: Someone
) -> None:
    if services.engine.name != "sqlite":
        return  # PostgreSQL chooses its plans by the number of rows
    fill(me, officer, services, 1)
    with record_statements(services) as statements:
        home(me)
        home(officer)
    plans = ""
    for statement in statements:
        with services.engine.connect() as connection:
            marks = statement.count("?")
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (None,) * marks)
            plan = [row.detail for row in rows]
        scans = [line for line in plan if line.startswith("SCAN") and "subquery" not in line]
        assert not scans, (statement, plan)
        plans += "\n".join(plan)
    assert [name for name in INDEXES if name not in plans] == []

"""Home over HTTP: items waiting for a professional, an officer and the support desk."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from server.core.database import Services
from server.messages.service import send_message
from shared.accounts import Staff
from shared.desk import CaseOut
from shared.home import HOME_MESSAGES, HOME_ROWS
from shared.places import PlaceKind
from tests.advice import assess, minimal_advice, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import (
    create_case,
    create_case_in_assessment,
    match_child,
    record_event,
)
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
    submit_request,
)

pytestmark = pytest.mark.both_databases


def get_home(me: Someone) -> dict[str, Any]:
    content: dict[str, Any] = ok(me.get("/v1/home")).json()
    return content


def submission_ids(content: dict[str, Any], part: str = "forms") -> list[str]:
    return [row["submission"] for row in content[part]["rows"]]


def return_request(officer: Someone, submission: UUID, missing: str = "The attendance.") -> None:
    """Return a request, saying what is missing."""
    ok(officer.post(f"/v1/desk/submissions/{submission}/return", json={"missing": missing}))


def send_news(services: Services, to: Someone, person: UUID, subject: str) -> None:
    """Send a message that links to a child's progress page."""
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
    content = get_home(me)
    assert content["today"] == "2026-03-02"
    for part in ("forms", "due", "news", "cases", "unassigned"):
        assert content[part] == {"rows": [], "more": 0}
    assert content["messages"] == []
    assert (content["unread"], content["newest"], content["unsent_mails"]) == (0, None, 0)


def test_drafts_are_listed_with_their_next_step(me: Someone, clock: Clock) -> None:
    first = start(me, add_child(me))
    clock.move(minutes=1)
    second = start(me, add_child(me, first_name="Nell"))
    assert submission_ids(get_home(me)) == [str(second), str(first)]
    clock.move(minutes=1)
    ok(save(me, first, {"work_details": str(me.work)}))
    content = get_home(me)
    assert submission_ids(content) == [str(first), str(second)]
    rows = content["forms"]["rows"]
    # The first step is done, so the form continues at the second.
    assert [(row["step"], row["steps"], row["state"]) for row in rows] == [
        (2, 8, "draft"),
        (1, 8, "draft"),
    ]
    assert (rows[0]["person_name"], rows[0]["due"]) == ("Ivo Larkspur-Dunne", None)


def test_submitted_form_is_not_listed_until_changed(me: Someone) -> None:
    submission = submit_request(me)
    assert submission_ids(get_home(me)) == []
    ok(save(me, submission, {"primary_need": "slcn"}))
    [row] = get_home(me)["forms"]["rows"]
    assert (row["submission"], row["state"]) == (str(submission), "editing")


def test_advice_is_due_until_submitted_and_listed_once(
    me: Someone, someone: Factory, officer: Someone
) -> None:
    other = someone("head@osierbeck.example")
    case = assess(officer, other, add_child(other))
    [(_, form)] = request_advice(officer, case, me)
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([], [str(form)])
    [row] = content["due"]["rows"]
    assert (row["due"], row["returned"]) == ("2026-04-13", False)
    assert row["person_name"] == "Ivo Larkspur-Dunne"
    ok(save(me, form, minimal_advice(me)))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([str(form)], [])
    assert content["forms"]["rows"][0]["due"] == "2026-04-13"
    ok(submit(me, form))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([], [])


def test_due_advice_is_listed_when_newer_drafts_fill_the_list(
    me: Someone, someone: Factory, officer: Someone, clock: Clock
) -> None:
    other = someone("head@osierbeck.example")
    case = assess(officer, other, add_child(other))
    [(_, form)] = request_advice(officer, case, me)
    ok(save(me, form, minimal_advice(me)))
    for number in range(HOME_ROWS):
        clock.move(minutes=1)
        start(me, add_child(me, first_name=f"Nell {number}"))
    content = get_home(me)
    assert str(form) not in submission_ids(content)
    assert content["forms"]["more"] == 1
    assert submission_ids(content, "due") == [str(form)]


def test_returned_request_is_due_until_resubmitted(
    me: Someone, someone: Factory, officer: Someone, services: Services
) -> None:
    request = submit_request(me)
    return_request(officer, request)
    [row] = get_home(me)["due"]["rows"]
    assert (row["submission"], row["due"], row["returned"]) == (str(request), None, True)
    ok(save(me, request, {"primary_need": "slcn"}))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([str(request)], [])
    assert content["forms"]["rows"][0]["returned"] is True
    ok(submit(me, request))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([], [])


def test_withdrawn_cancelled_or_closed_forms_are_not_due(me: Someone, officer: Someone) -> None:
    withdrawn = submit_request(me)
    return_request(officer, withdrawn)
    ok(me.post(f"{submission_path(withdrawn)}/withdraw"))
    case = assess(officer, me, add_child(me, first_name="Nell"))
    [(advice, _)] = request_advice(officer, case, me)
    ok(officer.post(f"/v1/desk/advice/{advice}/cancel"))
    assert submission_ids(get_home(me), "due") == []
    [(_, second_form)] = request_advice(officer, case, me)
    assert submission_ids(get_home(me), "due") == [str(second_form)]
    event = {
        "id": str(uuid4()),
        "kind": "transferred_out",
        "on": "2026-03-02",
        "reason": "Moved.",
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case}/events", json=event))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([], [])


def test_shared_draft_is_listed_only_for_the_colleague(
    me: Someone, bea: Someone, outsider: Someone
) -> None:
    submission = start(me, add_child(me))
    assert submission_ids(get_home(bea)) == []
    share(me, submission, bea)
    assert submission_ids(get_home(bea)) == [str(submission)]
    assert submission_ids(get_home(outsider)) == []


def test_drafts_of_a_hidden_child_are_omitted_but_due_forms_are_listed(
    me: Someone, someone: Factory, officer: Someone
) -> None:
    person = add_child(me)
    start(me, person)
    case = assess(officer, me, person)
    [(_, form)] = request_advice(officer, case, me)
    ok(me.put(f"/v1/people/{person}/hidden"))
    content = get_home(me)
    assert (submission_ids(content), submission_ids(content, "due")) == ([], [str(form)])


def test_news_about_children_is_separate_from_other_messages(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    send(services, me, "Advice is needed")
    for subject in ("Decided to assess", "Draft EHC plan to read"):
        clock.move(minutes=1)
        send_news(services, me, person, subject)
    content = get_home(me)
    [news] = content["news"]["rows"]
    assert (news["person"], news["subject"]) == (str(person), "Draft EHC plan to read")
    assert [row["subject"] for row in content["messages"]] == ["Advice is needed"]
    assert "person_name" not in content["messages"][0]
    assert (content["unread"], content["newest"]["subject"]) == (3, "Draft EHC plan to read")
    ok(me.put(f"/v1/messages/{news['message']}/read"))
    assert get_home(me)["news"]["rows"][0]["subject"] == "Decided to assess"


def test_child_not_on_own_list_is_not_named(
    me: Someone, someone: Factory, services: Services
) -> None:
    other = someone("head@osierbeck.example")
    send_news(services, me, add_child(other), "Decided to assess")
    content = get_home(me)
    assert content["news"]["rows"] == []
    assert [row["subject"] for row in content["messages"]] == ["Decided to assess"]
    assert "Larkspur" not in me.get("/v1/home").text


def test_rows_of_each_kind_are_limited_and_the_rest_counted(
    me: Someone, services: Services
) -> None:
    for number in range(HOME_ROWS + 2):
        person = add_child(me, first_name=f"Nell {number}")
        start(me, person)
        send_news(services, me, person, "News")
        send(services, me, f"Number {number}")
    content = get_home(me)
    assert len(content["messages"]) == HOME_MESSAGES
    for part in ("forms", "news"):
        assert (len(content[part]["rows"]), content[part]["more"]) == (HOME_ROWS, 2), part
    assert content["unread"] == 2 * (HOME_ROWS + 2)


def test_officer_sees_own_and_unassigned_cases(
    me: Someone, officer: Someone, services: Services
) -> None:
    mine = create_case(me, services)
    case = create_case(me, services, first_name="Nell")
    ok(officer.put(f"/v1/desk/cases/{mine}/officer"))
    content = get_home(officer)
    [row] = content["cases"]["rows"]
    assert (row["case"], row["due"]) == (str(mine), "2026-04-13")
    assert (row["person_name"], row["due_words"]) == ("Ivo Larkspur-Dunne", "Decision due")
    assert [row["case"] for row in content["unassigned"]["rows"]] == [str(case)]
    assert submission_ids(content) == []


def test_home_names_what_is_due_and_not_only_the_state(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    kinds = ("decided_to_issue", "draft_served", "representations_recorded", "final_issued")
    for kind in kinds:
        ok(record_event(officer, case, kind, reason="School is too loud."))
    ok(record_event(officer, case, "review_called", reason="The school.", day="2026-03-20"))
    shown = CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())
    home = get_home(officer)
    [row] = home["cases"]["rows"] or home["unassigned"]["rows"]
    assert row["due_words"] == "Advice for the review to be sent round by"
    assert shown.next_words.startswith(f"{row['due_words']} {row['due'][8:]}/")


def test_support_sees_unsent_mail_but_no_children(
    me: Someone, someone: Factory, services: Services
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    create_case(me, services)
    with services.transaction() as tx:
        tx.session.execute(text("UPDATE outbox_mail SET given_up_at = created_at"))
        [emails] = tx.session.execute(text("SELECT count(*) FROM outbox_mail")).one()
    assert emails
    assert get_home(support)["unsent_mails"] == emails
    assert "Larkspur" not in support.get("/v1/home").text


def add_work(me: Someone, officer: Someone, services: Services, count: int) -> None:
    """Give a professional drafts, returned and submitted forms, advice and messages."""
    for number in range(count):
        last_name = f"{number} of {count}"
        start(me, add_child(me, last_name=last_name))
        return_request(
            officer, submit_request(me, add_child(me, first_name="Nell", last_name=last_name))
        )
        person = add_child(me, first_name="Rafi", last_name=last_name)
        request_advice(officer, assess(officer, me, person), me)
        send_news(services, me, person, "News")


def test_home_runs_a_constant_number_of_statements(
    me: Someone, officer: Someone, services: Services
) -> None:
    counts = []
    for count in (1, HOME_ROWS + 1):
        add_work(me, officer, services, count)
        with record_statements(services) as statements:
            get_home(me)
        counts.append(len(statements))
    assert counts == [8, 8]  # six to read, two to audit the reading


INDEXES = (
    "ix_submission_account",
    "ix_submission_returned",
    "ix_advice_request_account",
    "ix_message_inbox",
    "ix_message_unread",
    "ix_case_officer",
)


def test_home_queries_use_indexes(me: Someone, services: Services, officer: Someone) -> None:
    if services.engine.name != "sqlite":
        return  # PostgreSQL chooses its plans by the number of rows
    add_work(me, officer, services, 1)
    with record_statements(services) as statements:
        get_home(me)
        get_home(officer)
    plans = ""
    for statement in statements:
        with services.engine.connect() as connection:
            parameter_count = statement.count("?")
            rows = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", (None,) * parameter_count
            )
            plan = [row.detail for row in rows]
        scans = [line for line in plan if line.startswith("SCAN") and "subquery" not in line]
        assert not scans, (statement, plan)
        plans += "\n".join(plan)
    assert [name for name in INDEXES if name not in plans] == []

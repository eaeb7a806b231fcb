"""Form catalogue, starting a form, saving and discarding answers, over HTTP."""

import json
from itertools import product
from uuid import UUID, uuid4

import pytest
from httpx import Client

from tests.parts import Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    start,
    start_body,
    submission_path,
    submit,
    submit_request,
    version_of,
)


def get_answers(me: Someone, submission: UUID) -> dict[str, object]:
    result: dict[str, object] = ok(me.get(submission_path(submission))).json()["answers"]
    return result


def test_catalogue_is_cached_by_etag(me: Someone) -> None:
    first = ok(me.get("/v1/forms"))
    assert {form["id"] for form in first.json()} >= {"professional-request", "parent-request"}
    repeat = me.get("/v1/forms", headers={"If-None-Match": first.headers["ETag"]})
    assert (repeat.status_code, repeat.content) == (304, b"")
    assert repeat.headers["ETag"] == first.headers["ETag"]
    assert me.get("/v1/forms", headers={"If-None-Match": '"old"'}).json() == first.json()


def test_form_is_started_for_a_child_on_the_list(me: Someone) -> None:
    person = add_child(me)
    body = start_body(person)
    reply = me.post("/v1/submissions", json=body)
    assert reply.status_code == 201
    form = reply.json()
    assert (form["id"], form["person"], form["state"]) == (body["id"], str(person), "draft")
    assert (form["person_name"], form["person_born"]) == ("Ivo Larkspur-Dunne", "2018-03-14")
    assert (form["answers"], form["reference"], form["editable"]) == ({}, None, True)
    assert [card["id"] for card in form["work_details"]] == [str(me.work)]
    repeat = me.post("/v1/submissions", json=body)
    assert (repeat.status_code, repeat.json()) == (201, form)
    assert ok(me.get(submission_path(UUID(body["id"])))).json() == form


def test_different_form_with_the_same_id_is_a_conflict(me: Someone, other: Someone) -> None:
    body = start_body(add_child(me))
    ok(me.post("/v1/submissions", json=body))
    sibling = str(add_child(me, first_name="Ada"))
    for account, changed_body in (
        (me, body | {"person": sibling}),
        (other, body | {"person": str(add_child(other))}),
    ):
        reply = account.post("/v1/submissions", json=changed_body)
        assert (reply.status_code, code_of(reply)) == (409, "conflict")


@pytest.mark.parametrize(("born", "status"), [("2001-03-03", 201), ("2001-03-02", 422)])
def test_form_cannot_be_started_for_people_aged_25_or_over(
    me: Someone, born: str, status: int
) -> None:
    person = add_child(me, born=born)
    assert me.post("/v1/submissions", json=start_body(person)).status_code == status
    assert len(me.get(f"/v1/people/{person}/progress").json()["forms"]) == (status == 201)


@pytest.mark.parametrize("form", ["parent-request", "no-such-form"])
def test_form_not_for_professionals_cannot_be_started(me: Someone, form: str) -> None:
    reply = me.post("/v1/submissions", json=start_body(add_child(me), form=form))
    assert (reply.status_code, code_of(reply)) == (404, "not_found")


def test_answers_are_saved_as_typed(me: Someone) -> None:
    submission = start(me)
    typed = {
        "strengths": "Line one\nLine two – “quoted”, 👩🏽‍🏫, ‮gnihtemos, e\u0301",
        "attendance": "abc",
        "started_at_setting": "31/02/2026",
        "levels": [{"id": "a", "subject": "Maths", "now": ""}],
        "declaration": False,
    }
    saved = ok(save(me, submission, typed))
    assert (saved.json()["version"], saved.headers["ETag"]) == (2, '"2"')
    assert get_answers(me, submission) == typed
    ok(save(me, submission, {"strengths": None, "attendance": "", "levels": []}))
    assert get_answers(me, submission) == {"started_at_setting": "31/02/2026", "declaration": False}


def test_save_requires_a_version_and_is_idempotent(me: Someone) -> None:
    submission = start(me)
    body = {"save": str(uuid4()), "changes": {"strengths": "One"}}
    path = f"{submission_path(submission)}/answers"
    assert code_of(me.patch(path, json=body)) == "version_required"
    first = ok(me.patch(path, json=body, headers={"If-Match": '"1"'}))
    ok(save(me, submission, {"strengths": "Two"}))
    repeat = ok(me.patch(path, json=body, headers={"If-Match": '"1"'}))
    assert repeat.json() == first.json()
    assert get_answers(me, submission) == {"strengths": "Two"}
    other_reply = me.patch(
        f"{submission_path(start_another(me, submission))}/answers",
        json=body,
        headers={"If-Match": '"1"'},
    )
    assert (other_reply.status_code, code_of(other_reply)) == (409, "conflict")


def start_another(me: Someone, submission: UUID) -> UUID:
    person = UUID(ok(me.get(submission_path(submission))).json()["person"])
    return start(me, person)


def test_stale_save_is_rejected_with_author_and_time(me: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, {"strengths": "One"}))
    stale = save(me, submission, {"strengths": "Two", "communication": "Three"}, '"1"')
    assert (stale.status_code, code_of(stale)) == (412, "stale")
    assert stale.json()["changed_by"] == "Ada Senco"
    assert stale.json()["changed_at"].startswith("2026-03-02T10:42")
    assert get_answers(me, submission) == {"strengths": "One"}
    assert version_of(me, submission) == '"2"'


INVALID: tuple[tuple[dict[str, object], str], ...] = (
    ({"no_such_field": "x"}, "/no_such_field"),
    ({"strengths": True}, "/strengths"),
    ({"declaration": "yes"}, "/declaration"),
    ({"contacts": "x"}, "/contacts"),
    ({"contacts": [{"name": "x"}]}, "/contacts/0"),
    ({"contacts": [{"id": "a", "age": "x"}]}, "/contacts/0/age"),
    ({"contacts": [{"id": "a"}] * 201}, "/contacts"),
    ({"strengths": "a\x00b"}, "/strengths"),
    ({"contacts": [{"id": "a", "name": "\x00"}]}, "/contacts/0/name"),
    ({"strengths": "a" * 1_000_001}, "/strengths"),
)


def test_invalid_answer_is_rejected_with_a_pointer(me: Someone, subtests: pytest.Subtests) -> None:
    submission = start(me)
    for changes, pointer in INVALID:
        with subtests.test(pointer=pointer):
            reply = save(me, submission, {"communication": "kept?", **changes})
            assert pointers(reply) == {pointer}
            assert get_answers(me, submission) == {}
            assert version_of(me, submission) == '"1"'


def test_lone_surrogates_are_rejected(me: Someone, subtests: pytest.Subtests) -> None:
    submission = start(me)
    request_headers = {"If-Match": '"1"', "Content-Type": "application/json"}
    escapes = (r"\ud800", r"a\udfffb", r"\u0000")
    for field, text in product(("strengths", *escapes), escapes):
        with subtests.test(field=field, text=text):
            body = f'{{"save": "{uuid4()}", "changes": {{"{field}": "{text}"}}}}'
            reply = me.patch(
                f"{submission_path(submission)}/answers", content=body, headers=request_headers
            )
            assert reply.status_code == 422, reply.text
            assert json.loads(reply.content)["code"] == "invalid"
            assert get_answers(me, submission) == {}


def test_answer_of_a_megabyte_is_saved(me: Someone) -> None:
    submission = start(me)
    text = "å" * 1_000_000
    ok(save(me, submission, {"strengths": text}))
    assert get_answers(me, submission) == {"strengths": text}


def test_draft_is_discarded_with_its_answers(me: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, {"strengths": "One"}))
    assert me.delete(submission_path(submission)).status_code == 204
    assert code_of(me.get(submission_path(submission))) == "not_found"
    assert code_of(me.delete(submission_path(submission))) == "not_found"


def test_discarding_an_edit_restores_the_submitted_answers(me: Someone) -> None:
    submission = submit_request(me)
    before = get_answers(me, submission)
    ok(save(me, submission, {"strengths": "Edited", "sharing": None}))
    assert me.get(submission_path(submission)).json()["state"] == "editing"
    for _ in range(2):
        assert me.delete(submission_path(submission)).status_code == 204
        assert me.get(submission_path(submission)).json()["state"] == "submitted"
        assert get_answers(me, submission) == before
    assert len(me.get(f"{submission_path(submission)}/versions").json()["versions"]) == 1


def test_form_of_another_account_is_not_found(me: Someone, other: Someone) -> None:
    other_form = start(other)
    for submission in (other_form, uuid4()):
        for reply in (
            me.get(submission_path(submission)),
            save(me, submission, {"strengths": "x"}, '"1"'),
            submit(me, submission),
            me.get(f"{submission_path(submission)}/versions"),
            me.delete(submission_path(submission)),
        ):
            assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert get_answers(other, other_form) == {}


def test_form_requires_a_child_on_own_list(me: Someone, other: Someone) -> None:
    reply = me.post("/v1/submissions", json=start_body(add_child(other)))
    assert (reply.status_code, code_of(reply)) == (404, "not_found")


def test_saving_requires_a_session(me: Someone, http: Client) -> None:
    submission = start(me)
    body = {"save": str(uuid4()), "changes": required_answers(me)}
    reply = http.patch(
        f"{submission_path(submission)}/answers", json=body, headers={"If-Match": '"1"'}
    )
    assert code_of(reply) == "sign_in_required"
    assert get_answers(me, submission) == {}

"""Concurrent saves in one form are stale only if they change the same field."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from server.core.database import Services
from server.forms.tables import StoredSave
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import ok, required_answers, save, share, start, submit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def form(me: Someone, bea: Someone) -> UUID:
    """Shared draft at version 2."""
    submission = start(me)
    ok(save(me, submission, {"strengths": "Mine."}, '"1"'))
    share(me, submission, bea)
    return submission


def read_form(account: Someone, form: UUID) -> dict[str, Any]:
    body: dict[str, Any] = ok(account.get(f"/v1/submissions/{form}")).json()
    return body


def test_saves_of_different_fields_are_merged(me: Someone, bea: Someone, form: UUID) -> None:
    ok(save(bea, form, {"cognition": "Hers.", "attendance": "Also hers."}, '"2"'))
    ok(save(bea, form, {"attendance": None}, '"3"'))
    saved = ok(save(me, form, {"strengths": "Mine again."}, '"2"')).json()
    assert saved["version"] == 5
    assert saved["others"] == {
        "cognition": {"answer": "Hers.", "by": "Ada Bea"},
        "attendance": {"answer": None, "by": "Ada Bea"},
    }
    assert read_form(me, form)["answers"] == {"strengths": "Mine again.", "cognition": "Hers."}
    assert ok(save(me, form, {"strengths": "Once more."}, '"5"')).json()["others"] == {}


def test_save_of_the_same_field_is_stale_and_names_the_author(
    me: Someone, bea: Someone, someone: Factory, form: UUID
) -> None:
    cyd = someone("cyd@osierbeck.example")
    share(me, form, cyd)
    ok(save(bea, form, {"strengths": "Hers."}, '"2"'))
    ok(save(cyd, form, {"cognition": "Theirs."}, '"3"'))
    stale = save(me, form, {"strengths": "Mine again.", "attendance": "Good."}, '"2"')
    assert (code_of(stale), stale.json()["changed_by"]) == ("stale", "Ada Bea")
    current = read_form(me, form)
    assert current["writers"] == {"strengths": "Ada Bea", "cognition": "Ada Cyd"}
    assert "attendance" not in current["answers"]


def test_repeated_save_gets_the_original_reply(me: Someone, bea: Someone, form: UUID) -> None:
    ok(save(bea, form, {"cognition": "Hers."}, '"2"'))
    body = {"save": str(uuid4()), "changes": {"strengths": "Mine again."}}
    path = f"/v1/submissions/{form}/answers"
    first = ok(me.patch(path, json=body, headers={"If-Match": '"2"'})).json()
    ok(save(bea, form, {"strengths": "Hers now."}, '"4"'))
    repeat = ok(me.patch(path, json=body, headers={"If-Match": '"2"'})).json()
    assert repeat == first
    assert first["others"] == {"cognition": {"answer": "Hers.", "by": "Ada Bea"}}
    assert read_form(me, form)["answers"]["strengths"] == "Hers now."


def test_save_is_stale_after_changes_other_than_saves(
    me: Someone, bea: Someone, form: UUID, services: Services
) -> None:
    ok(save(bea, form, required_answers(me), '"2"'))
    ok(submit(bea, form))
    stale = save(me, form, {"attendance": "Mine."}, '"3"')
    assert code_of(stale) == "stale"
    current = read_form(me, form)
    assert (current["state"], current["submitted_by"]) == ("submitted", "Ada Bea")
    assert read_form(bea, form)["submitted_by"] is None
    ok(save(bea, form, {"cognition": "Hers."}, f'"{current["version"]}"'))
    with services.transaction() as tx:
        tx.session.execute(delete(StoredSave))
    assert code_of(save(me, form, {"attendance": "Mine."}, f'"{current["version"]}"')) == "stale"

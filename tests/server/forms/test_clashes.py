"""Two who save in one form: only a change to the same field is a clash, and each is named."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from server.core.database import Services
from server.forms.tables import StoredSave
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import done, required_answers, save, share, start, submit


@pytest.fixture
def form(me: Someone, bea: Someone) -> UUID:
    """A draft of mine, at its second version, that Bea writes in too."""
    submission = start(me)
    done(save(me, submission, {"strengths": "Mine."}, '"1"'))
    share(me, submission, bea)
    return submission


def opened(who: Someone, form: UUID) -> dict[str, Any]:
    body: dict[str, Any] = done(who.get(f"/v1/submissions/{form}")).json()
    return body


def test_a_save_goes_beside_what_another_saved_in_other_fields(
    me: Someone, bea: Someone, form: UUID
) -> None:
    done(save(bea, form, {"cognition": "Hers.", "attendance": "Also hers."}, '"2"'))
    done(save(bea, form, {"attendance": None}, '"3"'))
    saved = done(save(me, form, {"strengths": "Mine again."}, '"2"')).json()
    assert saved["version"] == 5
    assert saved["others"] == {
        "cognition": {"answer": "Hers.", "by": "Ada Bea"},
        "attendance": {"answer": None, "by": "Ada Bea"},
    }
    assert opened(me, form)["answers"] == {"strengths": "Mine again.", "cognition": "Hers."}
    assert done(save(me, form, {"strengths": "Once more."}, '"5"')).json()["others"] == {}


def test_a_change_to_the_same_field_is_a_clash_named_by_who_made_it(
    me: Someone, bea: Someone, someone: Factory, form: UUID
) -> None:
    cyd = someone("cyd@osierbeck.example")
    share(me, form, cyd)
    done(save(bea, form, {"strengths": "Hers."}, '"2"'))
    done(save(cyd, form, {"cognition": "Theirs."}, '"3"'))
    stale = save(me, form, {"strengths": "Mine again.", "attendance": "Good."}, '"2"')
    assert (code_of(stale), stale.json()["changed_by"]) == ("stale", "Ada Bea")
    seen = opened(me, form)
    assert seen["writers"] == {"strengths": "Ada Bea", "cognition": "Ada Cyd"}
    assert "attendance" not in seen["answers"]


def test_a_repeat_is_answered_with_what_came_before_it_whatever_came_since(
    me: Someone, bea: Someone, form: UUID
) -> None:
    done(save(bea, form, {"cognition": "Hers."}, '"2"'))
    body = {"save": str(uuid4()), "changes": {"strengths": "Mine again."}}
    path = f"/v1/submissions/{form}/answers"
    first = done(me.patch(path, json=body, headers={"If-Match": '"2"'})).json()
    done(save(bea, form, {"strengths": "Hers now."}, '"4"'))
    again = done(me.patch(path, json=body, headers={"If-Match": '"2"'})).json()
    assert again == first
    assert first["others"] == {"cognition": {"answer": "Hers.", "by": "Ada Bea"}}
    assert opened(me, form)["answers"]["strengths"] == "Hers now."


def test_where_more_than_saves_happened_all_is_looked_at_again(
    me: Someone, bea: Someone, form: UUID, services: Services
) -> None:
    done(save(bea, form, required_answers(me), '"2"'))
    done(submit(bea, form))
    stale = save(me, form, {"attendance": "Mine."}, '"3"')
    assert code_of(stale) == "stale"
    seen = opened(me, form)
    assert (seen["state"], seen["submitted_by"]) == ("submitted", "Ada Bea")
    assert opened(bea, form)["submitted_by"] is None
    done(save(bea, form, {"cognition": "Hers."}, f'"{seen["version"]}"'))
    with services.transaction() as tx:
        tx.session.execute(delete(StoredSave))
    assert code_of(save(me, form, {"attendance": "Mine."}, f'"{seen["version"]}"')) == "stale"

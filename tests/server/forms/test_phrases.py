"""A professional's own phrases, over HTTP."""

from uuid import uuid4

from sqlmodel import select

from server.core.audit import AuditEvent
from server.core.database import Services
from shared.accounts import Staff
from shared.forms.phrases import PHRASE_LENGTH, PHRASES_LIMIT
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of, pointers


def get_texts(me: Someone) -> list[str]:
    return [phrase["text"] for phrase in me.get("/v1/phrases").json()]


def audited_actions(services: Services, subject: str) -> list[str]:
    with services.transaction() as tx:
        events = tx.session.exec(select(AuditEvent).order_by(AuditEvent.id)).all()  # type: ignore[arg-type]  # a column
        return [event.action for event in events if str(event.subject_id) == subject]


def test_phrases_are_added_changed_and_removed_once(me: Someone, services: Services) -> None:
    phrase = str(uuid4())
    for text in ("Reads with help.", "Reads with help.", "Reads alone.\nSlowly."):
        reply = me.put(f"/v1/phrases/{phrase}", json={"text": text})
        assert reply.json() == {"id": phrase, "text": text}
    assert get_texts(me) == ["Reads alone.\nSlowly."]
    for status in (204, 404):
        assert me.delete(f"/v1/phrases/{phrase}").status_code == status
    assert get_texts(me) == []
    assert audited_actions(services, phrase) == ["phrase_added", "phrase_changed", "phrase_removed"]


def test_phrases_of_others_cannot_be_read_or_changed(me: Someone, someone: Factory) -> None:
    other = someone("bea@osierbeck.example")
    phrase = f"/v1/phrases/{uuid4()}"
    me.put(phrase, json={"text": "Mine."})
    assert get_texts(other) == []
    assert code_of(other.put(phrase, json={"text": "Theirs."})) == "not_found"
    assert code_of(other.delete(phrase)) == "not_found"
    assert get_texts(me) == ["Mine."]


def test_phrases_are_limited_in_number_and_length(me: Someone) -> None:
    for text in ("", "x" * (PHRASE_LENGTH + 1), " \n ", "a\x00b"):
        assert pointers(me.put(f"/v1/phrases/{uuid4()}", json={"text": text})) == {"/text"}
    ids = [uuid4() for _ in range(PHRASES_LIMIT)]
    for phrase in ids:
        assert me.put(f"/v1/phrases/{phrase}", json={"text": "x"}).status_code == 200
    assert code_of(me.put(f"/v1/phrases/{uuid4()}", json={"text": "x"})) == "not_allowed"
    assert me.put(f"/v1/phrases/{ids[0]}", json={"text": "y"}).status_code == 200
    assert len(get_texts(me)) == PHRASES_LIMIT


def test_staff_have_no_phrases(someone: Factory) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    assert code_of(officer.get("/v1/phrases")) == "forbidden"

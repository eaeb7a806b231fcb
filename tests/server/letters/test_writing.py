"""Writing the letters of a case over HTTP."""

from pathlib import Path
from uuid import UUID, uuid4

from server.core.audit import Action
from server.core.database import Services
from server.core.settings import Settings
from server.letters.tables import LetterDraftRow, LetterRecord
from shared.letters import TEXT_LIMIT, LetterDraft, MissingFrom
from tests.letters import LETTERS, pdf_text, squeeze
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case
from tests.server.desk.taking_back import entries_of
from tests.server.letters.steps import (
    KIND,
    REASON,
    download,
    list_letters,
    make,
    make_letter,
    open_letter,
    path,
    save,
    text_of,
)
from tests.server.placements.steps import (
    create_drafted_case,
    decide,
    name_placement,
    request_setting,
)
from tests.server.steps import ok, rows

INVITATION = """
kind: panel_invitation
version: 1
title: Invitation to the panel
law: Local practice
events: []
must_carry: []
copies: []
fields: [{id: reasons, label: Reasons, required: true}]
body: [{text: "On {decided_on} we invite you to the panel. {reasons}"}, own]
"""


def test_draft_is_saved_and_survives_until_the_letter_is_made(
    officer: Someone, someone: Factory, case: UUID, services: Services, clock: Clock
) -> None:
    own = "x" * TEXT_LIMIT
    texts = {"reasons": REASON, "own": own, "to": "Ada Larkspur and Sam Dunne"}
    saved = LetterDraft.model_validate(ok(save(officer, case, 0, **texts)).json())
    assert (saved.version, text_of(saved, "own")) == (1, own)
    [row] = rows(services, LetterDraftRow)
    assert row.texts is not None
    assert row.texts.keys() == {"own", "to"}  # the reasons are still those of the case
    ok(save(officer, case, 0, **texts))  # a repeated request
    assert len(entries_of(services, Action.LETTER_READ)) == 1
    other = someone("other.officer@leicester.example", staff="officer")
    ok(save(other, case, 1, own="Enclosed: the advice."))
    reply = save(officer, case, 1, own="Enclosed: nothing.")
    assert (reply.status_code, reply.json()["changed_by"]) == (412, "Ada Other.Officer")
    assert reply.json()["changed_at"]
    assert text_of(open_letter(officer, case), "own") == "Enclosed: the advice."
    assert next(row for row in list_letters(officer, case).kinds if row.kind == KIND).draft
    assert len(entries_of(services, Action.LETTER_SAVED)) == 2  # one for each officer
    assert make(officer, case, version=1).status_code == 412
    letter = make_letter(officer, case, version=2)
    assert squeeze("Enclosed: the advice.") in pdf_text(download(officer, letter.document))
    assert [row.texts for row in rows(services, LetterDraftRow)] == [None]
    assert not any(row.draft for row in list_letters(officer, case).kinds)
    assert save(other, case, 1, own="Written before.").status_code == 412


def test_copies_of_a_final_plan_are_for_the_setting_that_it_names(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)

    def copies(kind: str) -> list[str]:
        *settings, body = text_of(open_letter(officer, case, kind), "copies").splitlines()
        assert body == LETTERS.commissioning_body
        return settings

    assert copies("final_plan") == ["Wren Hollow Primary School"]
    request = uuid4()
    ok(request_setting(officer, case, id=request, name="The Pines"))
    assert copies("final_plan") == ["Wren Hollow Primary School"]
    ok(decide(officer, request, agreed=True))
    assert copies("final_plan") == ["The Pines"]
    for name, start, end in (
        ("Larkmoor School", "2026-03-02", None),
        ("Elm Park School", "2026-09-01", None),
        ("Old Barn School", "2025-09-01", "2026-03-01"),
    ):
        ok(name_placement(officer, case, name=name, starts_on=start, ends_on=end))
    for kind in ("final_plan", "amended_final_plan", "phase_transfer_final"):
        assert copies(kind) == ["Larkmoor School", "Elm Park School"]


def test_text_that_does_not_fit_is_refused(officer: Someone, case: UUID) -> None:
    wrong = {
        "own": "x" * (TEXT_LIMIT + 1),
        "to": "x" * 201,
        "address": "x" * 2001,
        "copies": "Wren Hollow\u202e",
        "unknown": "x",
    }
    for name, text in wrong.items():
        assert save(officer, case, 0, **{name: text}).status_code == 422, name
    assert save(officer, case, 0, to="Ada\nSam").json()["errors"][0]["pointer"] == "/texts/to"
    assert save(officer, case, 0, own="\x00").status_code == 422
    assert officer.put(path(case), json={"texts": {}}).status_code == 428


def test_what_is_missing_is_listed_and_keeps_the_letter_from_being_made(
    me: Someone, officer: Someone, services: Services, settings: Settings
) -> None:
    services.settings.letters = LETTERS.model_copy(update={"mediation_adviser": "", "address": ""})
    case = create_case(me, services)
    draft = open_letter(officer, case)
    found = [(item.where, item.field, item.text) for item in draft.missing]
    assert found == [
        (
            MissingFrom.CASE,
            "",
            "The case has no “Decided not to assess”. Record it on the case first.",
        ),
        (MissingFrom.LETTER, "to", "To (name of the parent): not entered yet."),
        (MissingFrom.LETTER, "reasons", "Reasons for the decision: not entered yet."),
        (
            MissingFrom.SETTINGS,
            "",
            "The authority's address is not set. Whoever runs the server sets address in "
            "[letters].",
        ),
        (
            MissingFrom.SETTINGS,
            "",
            "The name of the mediation adviser is not set. Whoever runs the server sets "
            "mediation_adviser in [letters].",
        ),
    ]
    assert "[decided on]" in draft.letter.blocks[0].text
    assert draft.letter.recipient[0] == "[name]"
    reply = make(officer, case)
    assert (reply.status_code, code_of(reply)) == (422, "not_complete")
    assert [error["pointer"] for error in reply.json()["errors"]] == [
        "/case",
        "/to",
        "/reasons",
        "/settings",
        "/settings",
    ]
    assert rows(services, LetterRecord) == []


def test_day_is_entered_for_a_letter_without_an_event(
    officer: Someone, case: UUID, services: Services, tmp_path: Path
) -> None:
    (tmp_path / "invitation.yaml").write_text(INVITATION)
    services.settings.letter_templates = tmp_path
    kind = "panel_invitation"
    texts = {"reasons": "To hear you.", "decided_on": "1 Mar 2026"}
    for version, day in enumerate(("", "31/02/2026", "03/03/2026")):  # the last is tomorrow
        reply = ok(save(officer, case, version, kind, reasons="Why.", decided_on=day))
        [missing] = LetterDraft.model_validate(reply.json()).missing
        assert missing.field == "decided_on"
    ok(save(officer, case, 3, kind, **texts))
    letter = make_letter(officer, case, kind, version=4)
    assert letter.event_on.isoformat() == "2026-03-01"
    text = pdf_text(download(officer, letter.document))
    assert squeeze("On 1 March 2026 we invite you to the panel. To hear you.") in text


def test_optional_part_that_is_empty_leaves_no_placeholder(
    officer: Someone, case: UUID, services: Services, tmp_path: Path
) -> None:
    template = INVITATION.replace("required: true", "required: false")
    (tmp_path / "invitation.yaml").write_text(template)
    services.settings.letter_templates = tmp_path
    kind = "panel_invitation"
    ok(save(officer, case, 0, kind, decided_on="1 Mar 2026"))
    letter = open_letter(officer, case, kind)
    assert letter.missing == []
    assert letter.letter.blocks[0].text == "On 1 March 2026 we invite you to the panel."


def test_unknown_kind_and_case_are_not_found(officer: Someone, case: UUID) -> None:
    assert officer.get(path(case, "no_such_letter")).status_code == 404
    assert make(officer, case, "no_such_letter").status_code == 404
    assert officer.get(path(uuid4())).status_code == 404

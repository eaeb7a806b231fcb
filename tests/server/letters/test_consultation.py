"""The letter that consults a setting is written and made from its consultation."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from httpx import Response

from server.core.database import Services
from server.letters.tables import LetterDraftRow, LetterRecord
from shared.desk import CaseOut
from shared.letters import LetterDraft, LetterRow
from tests.letters import LETTERS, pdf_text, squeeze
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import move_days, record_parent
from tests.server.letters.steps import download, list_letters, open_letter, path, text_of
from tests.server.placements.steps import add_school, consult, create_drafted_case, read
from tests.server.steps import if_match, ok, rows

KIND = "setting_consulted"
PINES = {"name": "The Pines", "address": "4 Far Lane, Oakham, LE15 6AB"}


def letter_path(consultation: UUID) -> str:
    return f"/v1/placements/consultations/{consultation}/letter"


def read_draft(officer: Someone, consultation: UUID) -> LetterDraft:
    return LetterDraft.model_validate(ok(officer.get(letter_path(consultation))).json())


def save(officer: Someone, consultation: UUID, version: int = 0, **texts: str) -> LetterDraft:
    body, headers = {"texts": texts}, if_match(version)
    reply = ok(officer.put(letter_path(consultation), json=body, headers=headers))
    return LetterDraft.model_validate(reply.json())


def make(officer: Someone, consultation: UUID, version: int, id: UUID) -> Response:
    body = {"id": str(id), "version": version}
    reply: Response = officer.post(letter_path(consultation), json=body)
    return reply


def test_letter_to_each_setting_is_written_and_made_of_its_own(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    record_parent(officer, case, "Ada Larkspur")
    ok(consult(officer, case, add_school(services), email=""))
    ok(consult(officer, case, typed=PINES))
    elm, pines = (
        next(row for row in read(officer, case).consultations if row.name == name)
        for name in ("Elm Park School", "The Pines")
    )
    assert text_of(read_draft(officer, elm.id), "address") == "LE1 1FZ"
    draft = read_draft(officer, pines.id)
    assert (draft.title, draft.missing) == (
        "Consultation about naming a setting in an EHC plan: The Pines",
        [],
    )
    assert text_of(draft, "to") == "The Pines"
    [help] = [field.help for field in draft.fields if field.id == "copies"]
    assert help.endswith("If another authority maintains the setting, consult that authority too.")
    assert text_of(draft, "address") == "4 Far Lane\nOakham\nLE15 6AB"
    saved = save(officer, pines.id, own="The class has six children.")
    assert text_of(read_draft(officer, elm.id), "own") == ""
    id = uuid4()
    letter = LetterRow.model_validate(ok(make(officer, pines.id, saved.version, id)).json())
    assert ok(make(officer, pines.id, saved.version, id)).json()["document"] == str(id)
    assert code_of(make(officer, elm.id, 0, id)) == "conflict"
    assert letter.name == (
        "Consultation about naming a setting in an EHC plan, The Pines, 02-03-2026.pdf"
    )
    text = pdf_text(download(officer, letter.document))
    for words in (
        "The Pines4 Far LaneOakham",
        "about naming The Pines in the education, health and care (EHC) plan of Ivo",
        f"Our reference: {pines.reference}",
        "Please reply by 17 March 2026",
        f"to SES@leicester.gov.uk or {LETTERS.phone}",
        "The class has six children.",
    ):
        assert squeeze(words) in text
    assert {row.has_letter for row in read(officer, case).consultations if row.id == elm.id} == {
        False
    }
    assert [row.id for row in read(officer, case).consultations if row.has_letter] == [pines.id]
    [record] = rows(services, LetterRecord)
    assert (record.about, record.event_id) == (pines.id, None)
    assert [row.texts for row in rows(services, LetterDraftRow)] == [None]


def test_letters_to_one_addressee_that_are_made_at_once_are_told_apart(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    for name in ("The Pines", "The Firs", "The Elms"):
        ok(consult(officer, case, typed=PINES | {"name": name}))
    asked = [row.id for row in read(officer, case).consultations]
    for id in asked:
        save(officer, id, to="The Pines Trust")
    with ThreadPoolExecutor(3) as threads:
        for reply in threads.map(lambda id: make(officer, id, 1, uuid4()), asked):
            ok(reply)
    made = list_letters(officer, case).made
    title = "Consultation about naming a setting in an EHC plan"
    numbers = ("", " (2)", " (3)")
    assert {row.title for row in made} == {
        f"{title}: The Pines Trust{number}" for number in numbers
    }
    assert {row.name for row in made} == {
        f"{title}, The Pines Trust, 02-03-2026{number}.pdf" for number in numbers
    }


def test_last_day_for_the_reply_is_after_the_letter(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    record_parent(officer, case, "Ada Larkspur")
    ok(consult(officer, case, typed=PINES))
    [row] = read(officer, case).consultations
    assert text_of(read_draft(officer, row.id), "reply_by") == "17/03/2026"
    move_days(clock, services, 15)  # its last day
    [help] = [row.help for row in read_draft(officer, row.id).fields if row.id == "reply_by"]
    assert "A day after today, for example 01/04/2026: settings have 15 days" in help
    for version, day in enumerate(("17/03/2026", "16/03/2026", "soon", "")):
        [missing] = save(officer, row.id, version, reply_by=day).missing
        assert missing.field == "reply_by"
    assert missing.text == "Last day for the reply: not entered yet."
    assert code_of(make(officer, row.id, 4, uuid4())) == "not_complete"
    saved = save(officer, row.id, 4, reply_by="1 April 2026")
    assert saved.missing == []
    [block] = [block for block in saved.letter.blocks if block.carries == "last_day"]
    assert block.text.startswith("Please reply by 1 April 2026 to ")


def test_letter_of_a_consultation_is_listed_but_not_written_from_the_case(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, typed=PINES))
    [row] = read(officer, case).consultations
    letter = LetterRow.model_validate(ok(make(officer, row.id, 0, uuid4())).json())
    listed = list_letters(officer, case)
    assert [made.title for made in listed.made] == [letter.title]
    assert KIND not in [choice.kind for choice in listed.kinds]
    assert officer.get(path(case, KIND)).status_code == 404
    assert officer.get(letter_path(uuid4())).status_code == 404
    assert open_letter(officer, case, "draft_plan").version == 0
    page = CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())
    assert [made.document for made in page.letters] == [letter.document]

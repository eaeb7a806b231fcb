"""Each kind of letter has what the law demands, at the limit of its fields and with the least.

`LAW` is the table of statutory contents, written from the law and not from the templates. The PDFs
are made in this process, because a process for each would take three times as long.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
import typst
from pypdfium2 import PdfDocument, raw

from server.cases.tables import Case, CaseEvent
from server.core.settings import Settings
from server.letters.building import build_letter, find_missing
from server.letters.making import TEMPLATE
from server.letters.templates import load_templates
from server.letters.words import Addressee
from server.letters.writing import Writing
from server.people.tables import Person
from shared.letters import FIELD_LIMITS, FieldKind, Letter
from tests.letters import LETTERS, LONG_WORD, MARKUP, pdf_text, squeeze
from tests.parts import TODAY, settings_for

DECIDED_ON = date(2026, 3, 3)
APPEAL_RIGHTS = {
    "appeal": "have the right to appeal to the First-tier Tribunal",
    "how to appeal": f"How to appeal: {LETTERS.appeal_form}",
    "tribunal": f"The Tribunal's address: {LETTERS.tribunal}",
    # 3 May 2026 is a Sunday, and the next day a bank holiday.
    "time limit": "The Tribunal must have your appeal by 5 May 2026",
    "time limit with certificate": "within 1 month of the date on your mediation certificate",
    "mediation": "You have the right to go to mediation",
    "certificate": "You need a mediation certificate before you can appeal",
    "certificate in 3 working days": "within 3 working days",
    "adviser": f"{LETTERS.mediation_adviser}: {LETTERS.mediation_contact}",
    "time for mediation": "Contact the mediation adviser by 3 May 2026",
    "mediation in 30 days": "it takes place within 30 days of the day on which you tell us",
    "what to tell": "Tell us that you want to go to mediation, and what it should be about",
    "contact": f"Tell us at SES@leicester.gov.uk or {LETTERS.phone}",
    "disagreement": f"{LETTERS.disagreement_resolution}, {LETTERS.disagreement_contact}",
    "advice service": f"{LETTERS.information_service}: {LETTERS.information_contact}",
}
HEALTH_AND_SOCIAL_CARE = {
    "health and social care": "ask the Tribunal to make recommendations about the health needs and "
    "the social care needs"
}
REASONS = {"reasons": f"Our reasons {MARKUP}"}
DRAFT = {
    "plan and advice": "enclosed, with the advice and information that we received",
    "views": 'You have the right to give us your views ("representations")',
    "school": "You have the right to ask us to name one in the plan",
    "last day": "must reach us by 17 March 2026",
    "meeting": "You have the right to meet one of our officers",
    "where": f"Send them to SES@leicester.gov.uk, or by post to {LETTERS.address}.",
    "schools": f"settings that you can ask for: {LETTERS.schools}",
}
PROPOSAL = {
    "notice": "This is our notice of 3 March 2026. A copy of the plan as it is now is enclosed, "
    "with the evidence for the changes",
    "changes": f"What we propose to change {MARKUP}",
    "views": 'You have the right to give us your views ("representations")',
    "school": "You have the right to ask us to name another school or setting",
    "last day": "must reach us by 17 March 2026",
    "meeting": "You have the right to meet one of our officers",
    "8 weeks": "within 8 weeks of this notice",
}


def decision(text: str) -> dict[str, str]:
    return {"decision": text}


ISSUED = APPEAL_RIGHTS | HEALTH_AND_SOCIAL_CARE
LAW: dict[str, dict[str, str]] = {
    "request_received": {
        "considering": "On 3 March 2026 we received a request for an assessment",
        # six weeks from 20 January 2026
        "six weeks": "We will write to you by 3 March 2026 with our decision and the reasons",
        "views": "You have the right to give us your views",
        "evidence": "You also have the right to send us evidence",
        "where": f"Send it to SES@leicester.gov.uk, or by post to {LETTERS.address}, soon enough",
    },
    "setting_consulted": {
        "consultation": "We consult you about naming The Pines in the education, health and care",
        "plan": "What is enclosed The draft plan",
        "answer": "Tell us whether you can provide what section F of the plan says",
        "suitability": "unsuitable for the age, ability, aptitude or special educational needs",
        "others": "incompatible with the efficient education of others",
        "resources": "or with the efficient use of resources. How long you have",
        "last day": "Please reply by 18 March 2026 to SES",
        "reference": "Our reference: 1A2B3C4D",
    },
    "advice_requested": {
        "section 36": "(Children and Families Act 2014, section 36). On 3 March 2026 we asked you "
        "for your advice and information",
        "regulation": "Disability Regulations 2014, regulation 6(1)",
        "kind of advice": "What we ask you for Health advice.",
        "needs, provision and outcomes": "what the needs of Ivo",
        "provision": "what provision may be required to meet them, and the outcomes",
        "views and evidence": "Copies of the views of the family, and of the evidence",
        "how to answer": f"Send it to SES@leicester.gov.uk, or by post to {LETTERS.address}",
        # six weeks from 3 March 2026
        "six weeks": "A body that the law asks to co-operate must answer within six weeks of "
        "receiving our request (regulation 8(1)), and we ask the same of everybody.",
        "last day": "Please send your advice by 14 April 2026. If you can't, tell us why",
        "reference": "Our reference: 5E6F7A8B",
    },
    "decided_to_assess": decision("On 3 March 2026 we decided to carry out an assessment")
    # 16 and 20 weeks from 20 January 2026
    | {"clock": "we tell you by 12 May 2026", "final": "you get the final plan by 9 June 2026"},
    "refused_to_assess": decision("we decided not to carry out an assessment")
    | REASONS
    | APPEAL_RIGHTS,
    "not_issued": decision("we decided not to issue an EHC plan") | REASONS | ISSUED,
    "decided_to_issue": decision("On 3 March 2026 we decided that special educational provision")
    | {
        "proposal": "is needed under an EHC plan, and that we prepare one",
        "outcome": f"What the assessment showed {MARKUP}",
        "draft": "We send you a draft of the plan, with the advice and information",
    }
    | REASONS,
    "draft_plan": DRAFT,
    "final_plan": decision("final education, health and care (EHC) plan. It is enclosed") | ISSUED,
    "amended_final_plan": decision("On 3 March 2026 we amended") | ISSUED,
    "phase_transfer_final": decision("for the move to the next phase of education") | ISSUED,
    "plan_maintained": decision("we decided to keep the plan as it is") | REASONS | ISSUED,
    "not_amended": decision("we decided not to amend the plan") | REASONS | ISSUED,
    "amendment_proposed": PROPOSAL,
    "cease_notified": decision("we decided to cease to maintain")
    | {"in force": "The plan stays in force until the time to appeal is over"}
    | REASONS
    | ISSUED,
    "reassessment_refused": decision("we decided that this is not necessary") | REASONS | ISSUED,
    "reassessment_agreed": decision("we decided to assess")
    | {"14 weeks": "you get the final plan by 9 June 2026"},
    # 10 and 14 weeks from the order
    "assessment_ordered": decision("On 3 March 2026 the First-tier Tribunal")
    | {"no plan": "we tell you by 12 May 2026", "final": "and the final plan by 9 June 2026"},
    "reassessment_ordered": decision("assess Ivo")
    | {"again": "needs again", "final": "you get the final plan by 9 June 2026"},
    "review_called": {
        "meeting": f"plan, on 24 March 2026: {MARKUP}",
        "invited": f"Who is invited {MARKUP}",
        "progress": "looks at the progress towards the outcomes in the plan",
        "advice": "sent to all of them at least two weeks before the meeting",
        "views": "We want to know what you think and wish for",
    },
    "cease_consulted": {
        "considering": "We are considering whether to cease to maintain Ivo",
        "reasons": f"Why we consider it {MARKUP}",
        "views": "Please tell us what you think before we decide. Send it to SES@leicester.gov.uk",
        "in force": "The plan stays in force.",
    },
    "cease_consulted_setting": {
        "setting": "LE1 9XX Wren Hollow Primary School",
        "considering": "We are considering whether to cease to maintain the education, health",
        "reasons": f"Why we consider it {MARKUP}",
        "views": "Please tell us whether the plan is still necessary",
    },
    "transferred_in": {
        "transfer": f"plan was transferred from {MARKUP}",
        "assessment": f"Whether we assess {MARKUP}",
        "review": f"When we review the plan {MARKUP}",
    },
}
COPIES = {
    "request_received": 3,
    "setting_consulted": 0,
    "advice_requested": 0,
    "decided_to_assess": 3,
    "refused_to_assess": 3,
    "not_issued": 3,
    "decided_to_issue": 0,
    "draft_plan": 0,
    "amendment_proposed": 1,
    "reassessment_agreed": 3,
    "assessment_ordered": 3,
    "reassessment_ordered": 3,
    "review_called": 3,
    "cease_consulted": 0,
    "cease_consulted_setting": 0,
}
"""The copies of letters: to the setting, the commissioning body and social care; by default 2."""
NO_APPEAL = {
    "request_received",
    "setting_consulted",
    "advice_requested",
    "decided_to_assess",
    "decided_to_issue",
    "draft_plan",
    "amendment_proposed",
    "reassessment_agreed",
    "assessment_ordered",
    "reassessment_ordered",
    "review_called",
    "cease_consulted",
    "cease_consulted_setting",
    "transferred_in",
}


class Amount(NamedTuple):
    """How much is in a case: its names, and what an officer wrote."""

    name: str
    own: bool


PINES = Addressee(
    about="consultation",
    id=uuid4(),
    name="The Pines",
    address="4 Far Lane\nOakham",
    reference="1A2B3C4D",
    asked_on=DECIDED_ON,
    reply_by=date(2026, 3, 18),
)
DR_FENWICK = Addressee(
    about="advice",
    id=uuid4(),
    name="Dr Fenwick",
    address="GP, Osier Surgery\n12 Osier Street\nLeicester",
    reference="5E6F7A8B",
    asked_on=DECIDED_ON,
    reply_by=date(2026, 4, 14),
    kind_of_advice="Health advice",
)
ADDRESSEES = {"": None, "consultation": PINES, "advice": DR_FENWICK}
LEAST = Amount("Ng", own=False)
MOST = Amount(LONG_WORD, own=True)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(tmp_path_factory.mktemp("letters")).model_copy(update={"letters": LETTERS})


def person(name: str, **values: object) -> Person:
    row = {
        "id": uuid4(),
        "first_name": "Ivo",
        "last_name": name,
        "born": date(2018, 3, 14),
        "gender": "male",
        "address": "3 Tallowmere Row, Leicester",
        "postcode": "LE3 9RN",
        "school": "Wren Hollow Primary School",
        "parent_name": f"Ada {name}"[:200],
        "parents": [{"id": str(uuid4()), "name": f"Ada {name}"[:200]}],
        **dict.fromkeys(("sort_name", "sort_address", "sort_school"), ""),
        **dict.fromkeys(("created_at", "changed_at"), TODAY),
        "changed_by": uuid4(),
    }
    return Person.model_validate(row | values)


def writing(settings: Settings, kind: str, amount: Amount = LEAST, **values: object) -> Writing:
    """A letter with the event it belongs to, and its required parts written."""
    template = load_templates()[kind]
    case = Case(person_id=uuid4(), state="", received_on=date(2026, 1, 20), opened_at=TODAY)
    event = CaseEvent(
        id=1, case_id=case.id, kind=kind, state="", on=DECIDED_ON, at=TODAY, reason=MARKUP
    )
    event.day = date(2026, 3, 24)
    made = Writing(
        case=case,
        person=person(amount.name, **values),
        template=template,
        event=event if template.template.events else None,
        draft=None,
        texts={},
        author=f"Priya {amount.name}",
        settings=settings,
        today=DECIDED_ON,
        addressee=ADDRESSEES[template.template.about],
    )
    for field in made.fields():
        limit = FIELD_LIMITS[field.kind]
        if field.id == "reply_by":
            continue  # as suggested
        if field.kind is FieldKind.DAY:
            made.texts[field.id] = "3/3/2026"
        elif field.id == "address" and not field.text:  # that of a setting is entered
            made.texts[field.id] = "4 Far Lane\nOakham"
        elif field.id not in {"to", "address", "copies", "own"}:
            made.texts[field.id] = fill(limit) if amount.own else MARKUP[:limit]
        elif amount.own and field.kind is FieldKind.TEXT:
            made.texts[field.id] = fill(limit)
        elif amount.own and field.kind is FieldKind.LINES:
            lines = [f"{number} Row of {LONG_WORD}" for number in range(9)]
            made.texts[field.id] = "\n".join([field.text, *lines])[:limit]
    return made


def fill(limit: int) -> str:
    """Return a text of the greatest length, which begins with markup."""
    sentence = "Reads a line of text, with help where the words are long.\n\n"
    return (MARKUP + "\n" + sentence * (limit // len(sentence) + 1))[:limit]


def make_pdf(letter: Letter) -> bytes:
    data = json.dumps({**letter.model_dump(), "undrawn": False})
    pdf: bytes = typst.compile(
        Path(TEMPLATE), format="pdf", sys_inputs={"data": data}, pdf_standards="ua-1"
    )
    return pdf


def test_law_names_each_kind() -> None:
    assert LAW.keys() == load_templates().keys()
    assert len(LAW) >= 12


@pytest.mark.parametrize("amount", [LEAST, MOST], ids=["least", "most"])
@pytest.mark.parametrize("kind", LAW)
def test_letter_has_what_the_law_demands(settings: Settings, kind: str, amount: Amount) -> None:
    made = writing(settings, kind, amount)
    assert find_missing(made) == []
    letter = build_letter(made)
    content = make_pdf(letter)
    assert raw.FPDFCatalog_IsTagged(PdfDocument(content))
    text = pdf_text(content)
    lacking = {name for name, words in LAW[kind].items() if squeeze(words) not in text}
    assert lacking == set()
    assert (squeeze("the right to appeal") in text) == (kind not in NO_APPEAL)
    assert text.startswith(squeeze(f"Leicester City Council{LETTERS.address}").replace(",", ""))
    for field in made.fields():
        if field.kind is not FieldKind.DAY and field.id != "copies":
            assert squeeze(field.text) in text, field.id
    assert squeeze(f"Ivo {amount.name}, born 14/03/2018") in text
    for copy in letter.copies:
        assert squeeze(copy) in text.partition("Copiesofthisletter")[2]
    if amount is LEAST:
        assert len(letter.copies) == COPIES.get(kind, 2)


def test_letter_is_to_the_young_person_once_the_rights_are_theirs(settings: Settings) -> None:
    text = pdf_text(make_pdf(build_letter(writing(settings, "final_plan", born="2009-05-01"))))
    assert squeeze("LE1 9XX Ivo Ng 3 Tallowmere Row") in text
    assert squeeze("we issued your final education, health and care") in text
    text = pdf_text(make_pdf(build_letter(writing(settings, "final_plan", born="2010-05-01"))))
    assert squeeze("LE1 9XX Ada Ng 3 Tallowmere Row") in text
    assert squeeze("we issued Ivo Ng’s final education, health and care") in text


def test_request_for_advice_fits_the_assessment_and_whose_rights_they_are(
    settings: Settings,
) -> None:
    made = writing(settings, "advice_requested", born="2009-05-01")
    again = replace(made, addressee=DR_FENWICK._replace(is_reassessment=True))
    first, _, _, enclosed, *_ = build_letter(again).blocks
    assert first.text.startswith("We are reassessing the education, health and care (EHC) needs")
    assert "section 44; " in first.text
    assert "regulation 26)" in first.text
    assert "section 36" not in first.text
    assert "the views of the young person, and of the evidence that they sent" in enclosed.text


@pytest.mark.parametrize(
    ("born", "says"),
    [("2018-03-14", False), ("2012-09-01", False), ("2012-08-31", True), ("2009-05-01", True)],
    ids=["year 3", "year 8", "year 9", "young person"],
)
def test_request_for_advice_speaks_of_adulthood_from_year_9(
    settings: Settings, born: str, says: bool
) -> None:
    made = writing(settings, "advice_requested", born=born)
    text = " ".join(block.text for block in build_letter(made).blocks)
    words = "Ivo Ng is in year 9 or above, so tell us too what would help to prepare for adulthood"
    assert (words in text) == says
    assert ("adulthood" in text) == says


def test_names_with_markup_appear_as_they_are(settings: Settings) -> None:
    letter = build_letter(writing(settings, "decided_to_assess", Amount(MARKUP, own=False)))
    text = pdf_text(make_pdf(letter))
    assert text.count(squeeze(MARKUP)) >= 4  # the parent, the child twice, the officer


def test_parent_who_asked_reads_of_their_own_request(settings: Settings) -> None:
    made = writing(settings, "request_received")
    own, older = replace(made, by_family=True), person("Ng", born="2009-05-01")
    assert "we received your request for an" in build_letter(own).blocks[0].text
    assert "we received a request for an" in build_letter(replace(own, person=older)).blocks[0].text


def test_own_paragraph_names_what_stands_above_it(settings: Settings) -> None:
    for kind, above in {
        "refused_to_assess": "“Our reasons”",
        "request_received": "“Your evidence”",
        "final_plan": "the first paragraph",
    }.items():
        own = next(row for row in writing(settings, kind).fields() if row.id == "own")
        assert own.help == f"What you want to add. It stands below {above}."


def test_child_on_no_roll_has_no_setting_to_copy_to(settings: Settings) -> None:
    made = writing(settings, "final_plan", school="Not on a school roll")
    assert build_letter(made).copies == [LETTERS.commissioning_body]

"""The address of a parent whom only a professional named, from the contacts of the request."""

from uuid import UUID, uuid4

import pytest

from server.cases.tables import Case
from server.core.database import Services
from server.forms.contacts import address_in
from shared.letters import LetterDraft
from tests.parts import Someone
from tests.server.desk.taking_back import person_of
from tests.server.letters.steps import open_letter, text_of
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    rows,
    save,
    start,
    store_lines,
    submit,
)

DETAILS = "Tel. 0116 496 0103, dana@larkspur.example\n3 Osier Way, Leicester\nle11fz, evenings"
KIND = "request_received"


def contact(name: str, details: str) -> dict[str, object]:
    return {"contacts": [{"id": uuid4().hex, "name": name, "contact_details": details}]}


def request(me: Someone, services: Services, name: str, details: str = DETAILS) -> UUID:
    """Submit a request that names a contact, and return its case."""
    person = add_child(me, parent_name="Dana Dunne")
    form = start(me, person)
    ok(save(me, form, required_answers(me) | contact(name, details)))
    ok(submit(me, form))
    ok(save(me, form, contact(name, "9 Elsewhere Road, Leicester, LE1 1FZ"), '"3"'))
    [case] = rows(services, Case)
    assert person_of(services, case.id) == person
    return case.id


def address_help(draft: LetterDraft) -> str:
    return next(field.help for field in draft.fields if field.id == "address")


def test_address_of_a_named_parent_is_suggested_from_the_request(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = request(me, services, "dana  dunne")
    draft = open_letter(officer, case, KIND)
    assert text_of(draft, "to") == "Dana Dunne"
    assert text_of(draft, "address") == "3 Osier Way\nLeicester\nLE1 1FZ"
    assert address_help(draft) == (
        "From the contact details in the request. Check that Dana Dunne lives there."
    )
    store_lines(services, person_of(services, case), parent_name="Dana Reed")
    draft = open_letter(officer, case, KIND)
    assert (text_of(draft, "address"), address_help(draft)) == ("", "")


@pytest.mark.parametrize(
    ("name", "details"), [("Bo Dunne", DETAILS), ("Dana Dunne", "0116 496 0103")]
)
def test_no_address_is_suggested_of_another_or_without_a_postcode(
    me: Someone, officer: Someone, services: Services, name: str, details: str
) -> None:
    draft = open_letter(officer, request(me, services, name, details), KIND)
    assert (text_of(draft, "address"), address_help(draft)) == ("", "")


ADDRESSES = {
    "3 Osier Way, Leicester LE1 1FZ": "3 Osier Way\nLeicester\nLE1 1FZ",
    "Address: 3 Osier Way; Leicester; LE1 1FZ; phone 0116 496 0103": (
        "3 Osier Way\nLeicester\nLE1 1FZ"
    ),
    "LE1 1FZ": "",
    "3 Osier Way, Leicester": "",
    "dana@larkspur.example": "",
    "": "",
}


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items(), ids=ADDRESSES)
def test_address_ends_with_its_postcode(text: str, address: str) -> None:
    assert address_in(text) == address

"""Officers record the parents and carers of a child; letters go to them."""

from uuid import UUID, uuid4

from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.people.tables import Person, PersonCorrection
from shared.desk import CaseOut
from shared.letters import LetterDraft, LetterField
from tests.parts import Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case, record_event
from tests.server.desk.taking_back import entries_of, person_of
from tests.server.steps import child, if_match, ok, rows

ADA = {
    "id": str(uuid4()),
    "name": "Ada Larkspur",
    "relationship": "Mother",
    "responsibility": True,
    "phone": "0116 496 0101",
    "prefers": "phone",
}
SAM = {"id": str(uuid4()), "name": "Sam Dunne", "responsibility": True}
AWAY = {"address": "1 Osier Way, Leicester", "postcode": "le1 1fz"}


def put(
    officer: Someone, person: UUID, version: int, *parents: object, id: UUID | None = None
) -> Response:
    """Replace the parents of a child, based on a version."""
    body = {"id": str(id or uuid4()), "parents": parents, "reason": "A call."}
    path = f"/v1/desk/people/{person}/parents"
    reply: Response = officer.put(path, json=body, headers=if_match(version))
    return reply


def read(officer: Someone, case: UUID) -> CaseOut:
    return CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())


def read_fields(officer: Someone, case: UUID) -> list[LetterField]:
    """Return the fields of the letter of a refusal."""
    reply = ok(officer.get(f"/v1/desk/cases/{case}/letters/refused_to_assess"))
    return LetterDraft.model_validate(reply.json()).fields


def help_of_copies(officer: Someone, case: UUID) -> str:
    return next(field.help for field in read_fields(officer, case) if field.id == "copies")


def letter_to(officer: Someone, case: UUID) -> list[str]:
    """Return the lines of To, the address and the copies of the letter of a refusal."""
    fields = {field.id: field.text for field in read_fields(officer, case)}
    return [fields["to"], fields["address"].partition("\n")[0], fields["copies"]]


def test_parents_are_added_corrected_and_removed_and_letters_go_to_them(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(record_event(officer, case, "refused_to_assess", reason="Progress is as expected."))
    person = person_of(services, case)
    assert read(officer, case).parents == []
    assert letter_to(officer, case) == ["", "3 Tallowmere Row", "Wren Hollow Primary School"]
    made = uuid4()
    for _ in range(2):  # the reply to the first one was lost
        ok(put(officer, person, 1, ADA, id=made))
    assert letter_to(officer, case)[0] == "Ada Larkspur"
    assert code_of(put(officer, person, 1, ADA, SAM)) == "stale"
    ok(put(officer, person, 2, ADA, SAM))
    assert letter_to(officer, case)[0] == "Ada Larkspur and Sam Dunne"
    ok(put(officer, person, 3, ADA, {**SAM, **AWAY}))
    shown = read(officer, case).parents
    assert [(row.name, row.postcode) for row in shown] == [
        *(("Ada Larkspur", ""), ("Sam Dunne", "LE1 1FZ")),
    ]
    to, first_line, copies = letter_to(officer, case)
    assert (to, first_line) == ("Ada Larkspur", "3 Tallowmere Row")
    assert copies == "Wren Hollow Primary School"
    assert help_of_copies(officer, case).endswith(
        "Write to Sam Dunne separately: this letter shows Ada Larkspur's address."
    )
    ok(put(officer, person, 4, {**SAM, **AWAY}))
    assert letter_to(officer, case)[:2] == ["Sam Dunne", "1 Osier Way"]
    log = ok(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    texts = [row["text"] for row in log if row["action"] == "Person corrected"]
    assert texts[-1] == "The list of parents and carers was empty. A call."
    assert "was Ada Larkspur · Mother · has parental responsibility · 0116 496 0101" in texts[0]
    assert len(entries_of(services, Action.PERSON_CORRECTED)) == 4
    assert len(rows(services, PersonCorrection)) == 4


def test_professionals_and_officers_share_the_first_parent(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services, parent_name="Ada Larkspur", parent_phone="0116 496 0102")
    person = person_of(services, case)
    [named] = read(officer, case).parents
    assert (named.name, named.phone) == ("Ada Larkspur", "0116 496 0102")
    ok(put(officer, person, 1, {**ADA, "id": str(named.id), **AWAY}))
    mine = ok(me.get(f"/v1/people/{person}")).json()
    assert (mine["parent_relationship"], mine["parent_phone"]) == ("Mother", "0116 496 0101")
    assert "1 Osier Way" not in str(mine)
    path, edit = f"/v1/people/{person}", {**mine, "parent_email": "ada@home.example"}
    ok(me.put(path, json=edit, headers=if_match(2)))
    [first] = read(officer, case).parents
    assert (first.email, first.address) == ("ada@home.example", AWAY["address"])
    ok(record_event(officer, case, "refused_to_assess", reason="Progress is as expected."))
    # Another spelling is the same parent; somebody else may live anywhere.
    ok(me.put(path, json={**edit, "parent_name": "ada Larkspur"}, headers=if_match(3)))
    assert len(read(officer, case).parents) == 1
    assert letter_to(officer, case)[:2] == ["ada Larkspur", "1 Osier Way"]
    ok(me.put(path, json={**edit, "parent_name": "Mrs Ada Larkspur"}, headers=if_match(4)))
    assert letter_to(officer, case)[:2] == ["Mrs Ada Larkspur", ""]
    assert "Write to Ada Larkspur separately" in help_of_copies(officer, case)
    ok(me.put(path, json={**edit, "parent_name": "Sam Dunne"}, headers=if_match(5)))
    names = [(row.name, row.address) for row in read(officer, case).parents]
    assert names == [("Sam Dunne", ""), ("Ada Larkspur", AWAY["address"])]
    [stored] = rows(services, Person)
    assert [row["name"] for row in stored.parents] == ["Ada Larkspur"]
    # Who was named is not recorded as living with the child by saving another parent.
    sam, ada = (row.model_dump(mode="json") for row in read(officer, case).parents)
    changed = {**sam, "phone": "0116 496 0103"}
    for parents in ((changed, ada), (ada, sam)):
        reply = put(officer, person, 6, *parents)
        assert "Enter the address of Sam Dunne" in reply.json()["errors"][0]["message"]
    ok(put(officer, person, 6, sam, {**ada, "phone": "0116 496 0103"}))
    [stored] = rows(services, Person)
    assert [row["name"] for row in stored.parents] == ["Ada Larkspur"]
    assert letter_to(officer, case)[:2] == ["Sam Dunne", ""]
    sam["address"] = "3 Tallowmere Row, Leicester"
    assert code_of(put(officer, person, 7, sam, ada, ada)) == "invalid"
    ok(put(officer, person, 7, sam, {**ada, "name": "Ada Larkspur-Dunne"}))
    ok(me.put(path, json={**edit, "parent_name": "Ada Larkspur"}, headers=if_match(8)))
    assert len({row.id for row in read(officer, case).parents}) == 3


def test_home_of_a_parent_whom_only_a_professional_named_is_not_known(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services, parent_name="Ada Larkspur")
    person = person_of(services, case)
    ok(record_event(officer, case, "refused_to_assess", reason="Progress is as expected."))
    assert letter_to(officer, case)[:2] == ["Ada Larkspur", ""]
    [ada] = (row.model_dump(mode="json") for row in read(officer, case).parents)
    ok(put(officer, person, 1, ada, {**SAM, "responsibility": False}))  # which records Sam only
    assert letter_to(officer, case)[:2] == ["Ada Larkspur", ""]
    namesake = {**SAM, **AWAY, "name": "ada  Larkspur", "responsibility": False}
    reply = put(officer, person, 2, ada, namesake)  # who would be taken for her
    assert "Enter the address of Ada Larkspur" in reply.json()["errors"][0]["message"]
    ok(put(officer, person, 2, {**ada, "address": "3 Tallowmere Row"}, namesake))
    assert len(read(officer, case).parents) == 2
    assert letter_to(officer, case)[:2] == ["Ada Larkspur", "3 Tallowmere Row"]
    ok(put(officer, person, 3, ADA))
    assert letter_to(officer, case)[:2] == ["Ada Larkspur", "3 Tallowmere Row"]


def test_parent_whom_an_officer_names_with_a_new_child_lives_with_the_child(
    officer: Someone,
) -> None:
    body = child(parent_name="Ada Larkspur", parent_phone="0116 496 0102")
    person = ok(officer.post("/v1/desk/people", json=body)).json()["added"]["id"]
    opening = {"id": str(uuid4()), "kind": "became_responsible", "on": "2026-03-02"}
    path = f"/v1/desk/people/{person}/cases"
    case = UUID(ok(officer.post(path, json=opening | {"reason": "A call."})).json()["id"])
    ok(record_event(officer, case, "refused_to_assess", reason="Progress is as expected."))
    assert letter_to(officer, case)[:2] == ["Ada Larkspur", "3 Tallowmere Row"]
    [ada] = read(officer, case).parents
    assert (ada.phone, ada.address) == ("0116 496 0102", "")


def test_first_parent_without_a_name_stays_while_others_are_added(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services, parent_phone="0116 496 0102")
    person = person_of(services, case)
    [first] = (row.model_dump(mode="json") for row in read(officer, case).parents)
    ok(put(officer, person, 1, first, ADA))
    reply = put(officer, person, 2, {**first, "phone": "0116 496 0103"}, ADA)
    assert {error["pointer"] for error in reply.json()["errors"]} == {"/parents/0/name"}
    assert [row.name for row in read(officer, case).parents] == ["", "Ada Larkspur"]


def test_impossible_parent_and_missing_reason_are_refused(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = person_of(services, create_case(me, services))
    reply = put(officer, person, 1, ADA, {**SAM, "phone": "12", "postcode": "LE1 1CA", "name": " "})
    pointers = {error["pointer"] for error in reply.json()["errors"]}
    assert pointers == {"/parents/1/name", "/parents/1/phone", "/parents/1/postcode"}
    body = {"id": str(uuid4()), "parents": [ADA], "reason": " "}
    path = f"/v1/desk/people/{person}/parents"
    reply = officer.put(path, json=body, headers=if_match(1))
    assert reply.json()["errors"][0]["pointer"] == "/reason"
    assert put(officer, uuid4(), 1, ADA).status_code == 404
    made = uuid4()
    ok(put(officer, person, 1, ADA, id=made))
    ok(put(officer, person, 1, ADA))  # which changes nothing
    other = person_of(services, create_case(me, services, first_name="Nell"))
    assert code_of(put(officer, other, 1, ADA, id=made)) == "conflict"

"""The names and codes of the SEN2 return: one list, the schema, and all events."""

from lxml import etree

from server.placements.sen2.records import NEED_FIELDS
from server.placements.sen2.specification import FOLDER, Module, specification
from shared.accounts import ProfessionalRole
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.people import Gender

XS = "{http://www.w3.org/2001/XMLSchema}"
ELEMENTS = {
    "header": "la date dmo dco dsco",
    "person": "surname forename personbirthdate sex ethnicity postcode upn uniquelearnernumber "
    "upnunknown",
    "requests": "receiveddate requestsource rya requestoutcomedate requestoutcome "
    "requestmediation requesttribunal exported",
    "assessment": "assessmentoutcome assessmentoutcomedate assessmentmediation assessmenttribunal "
    "othermediation othertribunal week20",
    "namedplan": "startdate planres planwbp pb oa dp ceasedate ceasereason",
    "plandetail": "urn ukprn sensetting sensettingother placementrank senunitindicator "
    "resourcedprovisionindicator",
    "activeplans": "transferla reviewmeeting reviewoutcome reviewdraft phasetransferduedate "
    "phasetransferfinaldate lastreview",
    "placementdetail": "urn ukprn sensetting sensettingother placementrank senunitindicator "
    "resourcedprovisionindicator entrydate leavingdate res wbp",
    "senneed": "sentype sentyperank",
}
"""The elements of each module, as they were published for the return."""
CODES = {
    "source": "1 2 3 4 5",
    "request_outcome": "Y N A W H S",
    "residence": "A B",
    "cease_reason": "1 2 3 4 5 6 7 8 9",
    "setting": "OLA OPA EHE EYP OTH NEET NIEC NIEO",
    "review_outcome": "M A C",
    "need": "SPLD MLD SLD PMLD SEMH SLCN HI VI MSI PD ASD DS OTH",
}


def modules() -> list[Module]:
    spec = specification()
    return [
        *(spec.header, spec.person, spec.request, spec.assessment, spec.plan, spec.plan_detail),
        *(spec.active_plan, spec.placement, spec.need),
    ]


def test_modules_and_codes_are_those_published() -> None:
    elements = {
        module.element: " ".join(field.element for field in module.fields.values())
        for module in modules()
    }
    assert elements == ELEMENTS
    spec = specification()
    assert {name: " ".join(spec.codes[name]) for name in CODES} == CODES


def test_schema_has_the_same_names_and_codes() -> None:
    root = etree.fromstring((FOLDER / "sen2.xsd").read_bytes())
    by_name = {
        element.get("name"): element
        for element in root.iter(f"{XS}element")
        if element.find(f"{XS}complexType") is not None
    }
    for module in modules():
        sequence = by_name[module.element].find(f"{XS}complexType/{XS}sequence")
        assert sequence is not None
        simple = [element for element in sequence if element.get("type")]
        assert [(element.get("name"), element.get("minOccurs") != "0") for element in simple] == [
            (field.element, field.required) for field in module.fields.values()
        ]
        assert [
            element.get("type") for element in simple if "code_" in element.get("type", "")
        ] == [f"code_{field.codes}" for field in module.fields.values() if field.codes]
    for name, codes in specification().codes.items():
        type_ = root.find(f"{XS}simpleType[@name='code_{name}']")
        assert type_ is not None, name
        assert [item.get("value") for item in type_.iter(f"{XS}enumeration")] == list(codes)


def test_every_event_role_and_gender_has_its_meaning() -> None:
    spec = specification()
    assert set(spec.events) == {kind.value for kind in EventKind}
    assert set(spec.source_of_role) == {role.value for role in ProfessionalRole}
    assert set(spec.sex_of_gender) == {Gender.FEMALE, Gender.MALE}
    states = {state for event in spec.events.values() for state in event.then}
    assert states <= {state.value for state in CaseState}


def test_meanings_and_answers_use_codes_of_the_lists() -> None:
    spec = specification()
    meanings = [
        meaning for event in spec.events.values() for meaning in (event, *event.then.values())
    ]
    assert {event.request for event in meanings} <= {*spec.codes["request_outcome"], ""}
    assert {event.assessment for event in meanings} <= {*spec.codes["assessment_outcome"], ""}
    assert {event.review for event in meanings} <= {*spec.codes["review_outcome"], "meeting", ""}
    assert {event.cease_reason for event in meanings} <= {*spec.codes["cease_reason"], ""}
    assert {field.codes for field in spec.answers.values()} <= {*spec.codes, ""}
    assert set(NEED_FIELDS.values()) <= set(spec.answers)

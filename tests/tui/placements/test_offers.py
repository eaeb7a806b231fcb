"""Which settings the dialogs offer, and which they suggest for the plan."""

from typing import Any
from uuid import uuid4

from shared.placements import ConsultationOut, FamilyRequestOut, PlacementOut, PlacementsOut, Reply
from shared.placements import SettingRow as Row
from tui.placements.offers import build_offers, suggested_placement

ELM, OAK = uuid4(), uuid4()


def asked(name: str, reply: Reply | None = None, **fields: Any) -> ConsultationOut:
    fields = {"organisation_id": None} | fields
    return ConsultationOut.model_construct(name=name, reply=reply, **fields)


def request(**fields: Any) -> FamilyRequestOut:
    return FamilyRequestOut.model_construct(**fields)


def page(*consultations: ConsultationOut, **fields: Any) -> PlacementsOut:
    parts = {"requests": [], "placements": []} | fields
    return PlacementsOut.model_construct(consultations=list(consultations), **parts)


def test_settings_that_were_asked_are_offered_first_and_once() -> None:
    consulted = [asked("Elm Park", organisation_id=ELM), asked("The Elms"), asked("The Elms")]
    found = [
        Row(id=id, name=name, address="", postcode="")
        for id, name in ((ELM, "Elm Park"), (OAK, "Elmtree"))
    ]
    offers = build_offers([*consulted, asked("Ash")], found, "elm")
    assert [(offer.name, offer.organisation) for offer in offers] == [
        ("Elm Park", ELM),
        ("The Elms", None),
        ("Elmtree", OAK),
    ]
    assert [offer.name for offer in build_offers(consulted, [], "")] == ["Elm Park", "The Elms"]


def test_placement_is_suggested_from_the_agreed_request_or_the_only_yes() -> None:
    yes, no = asked("Elm", Reply.YES, organisation_id=ELM), asked("Ash", Reply.NO)
    agreed = request(name="Oak", organisation_id=OAK, agreed=True)
    refused = request(name="Ash", organisation_id=None, agreed=False)
    assert suggested_placement(page(yes, no, requests=[refused, agreed])) == ("Oak", OAK)
    assert suggested_placement(page(yes, no, requests=[refused])) == ("Elm", ELM)
    assert suggested_placement(page(yes, asked("Fir", Reply.YES))) == ("", None)
    assert suggested_placement(page(no, asked("Fir"))) == ("", None)
    elm: dict[str, Any] = {"name": "Elm"}
    named = [PlacementOut.model_construct(**elm)]
    assert suggested_placement(page(yes, placements=named)) == ("", None)

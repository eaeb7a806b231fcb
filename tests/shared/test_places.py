import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.places import Place, PlaceKind, UnknownPlace, read_place

SECTION = PlaceKind.ACCOUNT_SECTION.of("two-step")


@given(kind=st.sampled_from(PlaceKind), id=st.uuids())
def test_place_round_trips_through_its_path(kind: PlaceKind, id: object) -> None:
    place = kind.of(id) if "{}" in kind else Place(kind)
    place = SECTION if kind is PlaceKind.ACCOUNT_SECTION else place
    place = kind.of(f"{id}/draft_plan") if kind is PlaceKind.LETTER else place
    assert read_place(place.path) == place


@pytest.mark.parametrize("path", ["", "plans/1", "forms/1", "people/new/edit", "Home", "account/"])
def test_unknown_path_is_rejected(path: str) -> None:
    with pytest.raises(UnknownPlace):
        read_place(path)

"""Names of children, parents and professionals: real ones, and what can't be one."""

import pytest

from shared.accounts import AboutYou
from shared.people import Parent
from shared.values.checks import check_about, check_parent, check_person
from shared.values.identifiers import check_name
from tests.shared.values.test_lines import TODAY, person

REAL = (
    "O'Neill-Ødegård",
    "X Æ",
    "X Æ A-12",
    "Ng",
    "李小龍",
    "عائشة",
    "D’Arcy",
    "John Smith 3rd",
    "May",
    "April Marsh",
    "St. John",
    "Smith (née 1-Jones)",
    "Ward 4 Marsh 12",
    "Team 1 Mary Seacole 2020",
    "Team 5 Mayfield 10",
)
DATE = "Enter the name without a date."
NO_LETTER = "Enter the name in letters."
WRONG = {
    "12/04/2018": DATE,
    "Larkspur 12/04/2018": DATE,
    "2018-04-12": DATE,
    "12.4.18": DATE,
    "12 April 2018": DATE,
    "3rd May 2018": DATE,
    "12-Apr-2018": DATE,
    "Larkspur, 1 Sept. 2019": DATE,
    "Larkspur12/04/2018": DATE,
    "12/04/2018x": DATE,
    "12 / 04 / 2018 Larkspur": DATE,
    "April 12, 2018": DATE,
    "12Apr2018": DATE,
    "1234": NO_LETTER,
    "-": NO_LETTER,
    "?!": NO_LETTER,
}


@pytest.mark.parametrize("name", REAL)
def test_real_name_is_accepted(name: str) -> None:
    assert check_name(name).level == "ok"


@pytest.mark.parametrize(("name", "message"), WRONG.items(), ids=WRONG)
def test_date_or_text_without_a_letter_is_no_name(name: str, message: str) -> None:
    assert check_name(name) == ("impossible", message)


def test_names_of_children_parents_and_professionals_are_checked() -> None:
    day = "12/04/2018"
    names = ("first_name", "last_name", "preferred_name", "parent_name", "social_worker")
    child = person(**dict.fromkeys(names, day), looked_after=True, looked_after_by="Leicester")
    assert {error.pointer for error in check_person(child, TODAY).errors} == {
        f"/{name}" for name in names
    }
    parent = Parent(id="0b7a8a8e-7a4c-4a55-9a77-3d5f9be5f2a1", name=day)
    assert [error.pointer for error in check_parent(parent).errors] == ["/name"]
    about = AboutYou(first_name=day, last_name="Teasel", phone="0116 496 0199")
    assert [error.pointer for error in check_about(about).errors] == ["/first_name"]

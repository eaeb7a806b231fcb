"""The day on which a young person has the rights themselves."""

from datetime import date

import pytest

from shared.values.rights import has_rights, rights_pass_on

EXAMPLES = {
    "turns 16 in the middle of the school year": (date(2010, 3, 14), date(2026, 6, 26)),
    "turns 16 on the first day of the school year": (date(2009, 9, 1), date(2026, 6, 26)),
    "turns 16 on the last day of the school year": (date(2010, 8, 31), date(2026, 6, 26)),
    "turns 16 a day later, in the next school year": (date(2010, 9, 1), date(2027, 6, 25)),
    "turns 16 after that Friday": (date(2010, 7, 10), date(2026, 6, 26)),
    "born on a leap day": (date(2012, 2, 29), date(2028, 6, 30)),
    "June ends on a Friday": (date(2007, 1, 1), date(2023, 6, 30)),
    "June ends on a Thursday": (date(2006, 1, 1), date(2022, 6, 24)),
}


@pytest.mark.parametrize(("born", "day"), EXAMPLES.values(), ids=EXAMPLES)
def test_rights_pass_on_the_last_friday_of_june(born: date, day: date) -> None:
    assert rights_pass_on(born) == day
    assert has_rights(born, day)
    assert not has_rights(born, day.replace(day=day.day - 1))

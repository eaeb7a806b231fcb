"""Checks of whether answers can be stored."""

import pytest

from shared.forms.shapes import ENTRIES_LIMIT, STORED_LIMIT, shape_errors
from shared.forms.submissions import Answer
from tests.shared.forms.catalogue import REQUEST


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"nonsense": "x"}, "/nonsense"),
        ({"sharing": "yes"}, "/sharing"),
        ({"attainment": "x" * (STORED_LIMIT + 1)}, "/attainment"),
        ({"attainment": "a\x00b"}, "/attainment"),
        ({"attainment": "\ud800"}, "/attainment"),
        ({"cycles": "x"}, "/cycles"),
        ({"cycles": [{"target": "x"}]}, "/cycles/0"),
        ({"cycles": [{"id": "a"}, {"id": "b", "oops": "x"}]}, "/cycles/1/oops"),
        ({"cycles": [{"id": "a"}] * (ENTRIES_LIMIT + 1)}, "/cycles"),
    ],
)
def test_invalid_shape_is_reported_with_a_pointer(
    changes: dict[str, Answer | None], pointer: str
) -> None:
    assert [error.pointer for error in shape_errors(REQUEST, changes)] == [pointer]
    assert shape_errors(REQUEST, {"attainment": None, "cycles": None}) == []

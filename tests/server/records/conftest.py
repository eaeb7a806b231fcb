"""How many cases of other children there are where a record is exported or erased."""

import pytest


@pytest.fixture(params=[200, pytest.param(10_000, marks=pytest.mark.slow)], ids=["few", "many"])
def other_cases(request: pytest.FixtureRequest) -> int:
    """Return the number of cases to insert."""
    cases: int = request.param
    return cases

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from benchmarks.at_work import KINDS, MAX_P99, JobKind, Trial, find_capacity, generate_job_times
from benchmarks.jobs import save
from benchmarks.load_results import LoadResults


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_rate_is_constant_from_start(kind: JobKind) -> None:
    rng = random.Random(7)
    people, seconds = 20_000, 2.0
    schedules = [list(generate_job_times(kind, seconds, rng)) for _ in range(people)]
    expected = people * seconds / kind.interval
    assert sum(map(len, schedules)) == pytest.approx(expected, rel=0.25)
    early = sum(time < 1 for times in schedules for time in times)
    assert early == pytest.approx(expected / 2, rel=0.3)


def test_jobs_of_one_person_have_steady_intervals() -> None:
    times = list(generate_job_times(JobKind("save", 5, save), 60, random.Random(1)))
    assert len(times) == 12
    assert {round(b - a, 6) for a, b in pairwise(times)} == {5.0}


def server_with_capacity(maximum: int) -> Callable[[int], Trial]:
    def trial(people: int) -> Trial:
        return Trial(
            people, {"save": LoadResults([MAX_P99 if people <= maximum else MAX_P99 + 0.01])}
        )

    return trial


@pytest.mark.parametrize("maximum", [60, 100, 199, 330, 1500, 10_000])
def test_search_finds_capacity(maximum: int) -> None:
    trials = list(find_capacity(server_with_capacity(maximum), first=100, maximum=3200))
    best = max((trial.people for trial in trials if trial.sustained), default=0)
    assert best <= maximum
    assert best >= min(maximum * 0.88, 3200)
    assert len(trials) <= 15


def test_search_ignores_a_single_slow_trial() -> None:
    trials = iter([0.01, MAX_P99 + 1, 0.01])

    def trial(people: int) -> Trial:
        return Trial(people, {"save": LoadResults([next(trials)])})

    assert [result.sustained for result in find_capacity(trial, first=100, maximum=200)] == [
        True,
        False,
        True,
    ]


def test_trial_with_an_error_is_not_sustained() -> None:
    results = LoadResults([0.01])
    results.errors["HTTP 500"] = 1
    assert not Trial(1, {"save": results}).sustained


def test_slowest_kind_has_highest_p99() -> None:
    trial = Trial(
        1, {"save": LoadResults([0.1]), "sign-in": LoadResults([0.4]), "page": LoadResults([0.2])}
    )
    assert trial.slowest[0] == "sign-in"

from benchmarks.row import Row, measure_in_turn


def test_goal_limits_ratio_or_figure() -> None:
    assert Row("P", "w", 13, 10, 1.3, "ms").ok
    assert not Row("P", "w", 14, 10, 1.3, "ms").ok
    assert Row("P", "w", 26, 10, 2.5, "/s", higher_is_better=True).ok
    assert not Row("P", "w", 24, 10, 2.5, "/s", higher_is_better=True).ok
    assert Row("P", "w", 300, 1, 300, "ms", absolute=True).ok
    assert not Row("P", "w", 301, 1000, 300, "ms", absolute=True).ok
    assert Row("P", "w", 301, 1000, None, "ms").ok


def test_row_shows_goal_and_omits_ratio_to_zero() -> None:
    row = Row("P", "w", 26, 10, 2.5, "/s", higher_is_better=True)
    assert row.format_cells()[2:] == ["26 /s", "10 /s", "2.600", "at least 2.5 x", "yes"]
    row = Row("P", "w", 1, 0, 0, "", absolute=True)
    assert row.format_cells()[2:] == ["1", "0", "-", "at most 0", "NO"]
    assert Row("P", "w", 20016.4, 1.23456, None, "ms").format_cells()[2:4] == [
        "20016 ms",
        "1.235 ms",
    ]


def test_measures_alternate_and_first_round_is_discarded() -> None:
    order: list[str] = []

    def measure(name: str) -> int:
        order.append(name)
        return len(order)

    results = measure_in_turn({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert results == {"a": [3, 5], "b": [4, 6]}

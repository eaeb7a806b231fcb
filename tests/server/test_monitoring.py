"""The alerts and the dashboard name metrics that exist, in expressions that Prometheus accepts."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.server.test_metrics import LABELS

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "monitoring" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "monitoring" / "grafana-dashboard.json"
PROMETHEUS_OWN = {"up": {"job"}, "node_systemd_unit_state": {"name", "state"}}
FUNCTIONS_OF_TEMPLATES = {"humanizeDuration", "humanizePercentage"}


def rules() -> list[dict[str, Any]]:
    content = yaml.safe_load(ALERTS.read_text("utf-8"))
    assert set(content) == {"groups"}
    assert all(set(group) == {"name", "rules"} for group in content["groups"])
    return [rule for group in content["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return shown


def expressions() -> Iterator[str]:
    for rule in rules():
        yield rule["expr"]
    for panel in panels():
        for target in panel.get("targets", ()):
            yield target["expr"].replace("$__rate_interval", "5m")


def parse(expression: str) -> list[promql_parser.Expr]:
    """Parse an expression, with Prometheus's rules of types, and return its nodes."""
    nodes: list[promql_parser.Expr] = []
    promql_parser.walk(promql_parser.parse(expression), lambda node: nodes.append(node))
    return nodes


def selectors() -> list[promql_parser.VectorSelector]:
    return [
        node
        for expression in expressions()
        for node in parse(expression)
        if isinstance(node, promql_parser.VectorSelector)
    ]


def test_each_metric_and_label_exists(app: FastAPI) -> None:
    templates = [route.path for route in iter_route_contexts(app.routes)]
    labels = LABELS | PROMETHEUS_OWN
    for selector in selectors():
        assert selector.name in labels, selector.name
        for matcher in selector.matchers.matchers:
            assert matcher.name in labels[selector.name], (selector.name, matcher.name)
            if matcher.name == "route":
                pattern = matcher.value or ""
                assert any(re.fullmatch(pattern, path or "") for path in templates), pattern


def test_each_metric_is_watched_and_documented() -> None:
    watched = {re.sub("_(bucket|sum|count)$", "", selector.name or "") for selector in selectors()}
    metrics = {re.sub("_(bucket|sum|count)$", "", name) for name in LABELS}
    page = (ROOT / "docs" / "watching.md").read_text("utf-8")
    assert metrics <= watched
    assert metrics == set(re.findall(r"`(portal_\w+)`", page))


def test_grouping_and_legends_use_labels_of_the_metrics() -> None:
    known = set().union(*LABELS.values())
    for panel in panels():
        for target in panel.get("targets", ()):
            grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
            labels = {label.strip() for group in grouped for label in group.split(",")}
            assert labels <= known, target["expr"]
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels


def test_alerts_have_the_form_that_prometheus_reads() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch("Portal[A-Za-z]+", rule["alert"])
        assert promql_parser.parse_duration(rule.get("for", "1m"))
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        for text in rule["annotations"].values():
            for template in re.findall("{{(.*?)}}", text):
                source, *function = [part.strip() for part in template.split("|")]
                assert re.fullmatch(r"\$value|\$labels\.\w+", source)
                assert set(function) <= FUNCTIONS_OF_TEMPLATES


def test_first_occurrence_raises_an_alert() -> None:
    """The first value of a series is no increase, so a new series needs a condition of its own."""
    increases = [rule["expr"] for rule in rules() if "increase(" in rule["expr"]]
    assert increases
    for expression in increases:
        [(selector, window)] = re.findall(r"increase\(([^\[]+)\[(\w+)\]\)", expression)
        assert f"{selector} unless {selector} offset {window}" in expression


def test_units_that_fail_raise_an_alert() -> None:
    [name] = [
        matcher.value
        for selector in selectors()
        if selector.name == "node_systemd_unit_state"
        for matcher in selector.matchers.matchers
        if matcher.name == "name"
    ]
    services = list((ROOT / "deploy" / "systemd").glob("*.service"))
    assert services
    assert all(re.fullmatch(name or "", service.name) for service in services)


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    places = [panel["gridPos"] for panel in panels()]
    assert len({panel["id"] for panel in panels()}) == len(places)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert any(
            one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at]
            for at, size in (("x", "w"), ("y", "h"))
        ), (one, other)


@pytest.mark.parametrize("wrong", ["sum(portal_saves_total", "rate(portal_saves_total)", "a b"])
def test_wrong_expression_is_found(wrong: str) -> None:
    with pytest.raises(ValueError):
        parse(wrong)

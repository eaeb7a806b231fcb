"""The stylesheet that matches equal widgets once, compared with Textual's."""

from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.containers import Vertical
from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.widgets import Button, Input, OptionList, Select, Static

from tests.tui.steps import until
from tui.app import PortalApp
from tui.core.settings import Settings
from tui.widgets.stylesheet import FastStylesheet

Rules = dict[str, str]
NodeRules = tuple[str, Rules, dict[str, Rules]]


class Sample(App[None]):
    """Widgets whose styles depend on classes, ids, order, focus and whether they are disabled."""

    CSS = """
    #b { color: red; }
    .wide { width: 40; text-style: bold italic; }
    .row:last-of-type { color: green; }
    Vertical:disabled Static { color: blue; }
    Vertical:focus-within .row { background: yellow; }
    Input:focus { text-style: underline; }
    Input > .input--cursor { color: red; }
    """

    def __init__(self, stylesheet: Stylesheet) -> None:
        super().__init__()
        stylesheet.set_variables(self.get_css_variables())
        self.stylesheet = stylesheet

    def compose(self) -> ComposeResult:
        with Vertical(id="a"):
            for name in ("x", "b", "y"):
                yield Static(name, id=name, classes="row")
            yield Input(id="input")
            yield Select([("One", 1)])
        with Vertical(id="other"):
            yield OptionList("One", "Two")
            yield Button("Go")


def all_rules(app: Sample) -> list[NodeRules]:
    """Return the rules of each node, and those of its component classes."""

    def rules_of(styles: RenderStyles) -> Rules:
        return {name: repr(value) for name, value in sorted(styles.base.get_rules().items())}

    return [
        (
            repr(node),
            rules_of(node.styles),
            {
                name: rules_of(node.get_component_styles(name))
                for name in node._get_component_classes()
            },
        )
        for node in app.screen.walk_children(with_self=True)
    ]


async def collect_rules(stylesheet: Stylesheet) -> list[list[NodeRules]]:
    """Return all rules after each of several changes."""
    app = Sample(stylesheet)
    rules = []
    async with app.run_test() as pilot:
        steps: list[Callable[[], object]] = [
            lambda: app.query_one("#input").focus(),
            lambda: app.query_one("#x").add_class("wide"),
            lambda: setattr(app.query_one("#a"), "disabled", True),
            lambda: setattr(app.query_one("#a"), "disabled", False),
            lambda: app.query_one("#a").mount(Static("z", id="z", classes="row")),
            lambda: app.query_one("#x").remove_class("wide"),
            lambda: setattr(app, "theme", "textual-light"),
            lambda: app.query_one(Select).focus(),
        ]
        for step in steps:
            step()
            await pilot.pause()
            rules.append(all_rules(app))
    return rules


async def test_styles_are_those_of_textual_after_each_change() -> None:
    fast, slow = await collect_rules(FastStylesheet()), await collect_rules(Stylesheet())
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours == theirs


async def test_equal_widgets_are_matched_once() -> None:
    stylesheet = FastStylesheet()
    app = Sample(stylesheet)
    async with app.run_test() as pilot:
        await app.query_one("#other").mount(Button("Stop"))
        await pilot.pause()
        matched = len(stylesheet._matches)
        await app.query_one("#other").mount(*(Button(str(index)) for index in range(20)))
        await pilot.pause()
        assert len(stylesheet._matches) == matched


async def test_mounting_restyles_only_widgets_with_a_style_for_their_order() -> None:
    """Textual marks every widget that a style such as `.list > *:last-child` may match."""
    names = {"first-child", "last-child", "first-of-type", "last-of-type", "odd", "even", "empty"}
    app = PortalApp(Settings(server="http://127.0.0.1:9"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "ErrorSummary" in app.stylesheet.rules_map)
        rules = app.stylesheet.rules_map["*"]
        assert not [rule.css for rule in rules if rule.pseudo_classes & names]


async def test_children_are_drawn_once_if_several_colours_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, drawn = Sample(FastStylesheet()), []
    async with app.run_test():
        parent, child = app.query_one("#a"), app.query_one("#x")
        monkeypatch.setattr(child, "refresh", lambda **_: drawn.append(child))
        rules = parent.styles.base.get_rules()
        rules["color"], rules["background"] = Color(1, 2, 3), Color(4, 5, 6)
        app.stylesheet.replace_rules(parent, rules)
        assert (drawn, parent.styles.base.get_rules()) == ([child], rules)

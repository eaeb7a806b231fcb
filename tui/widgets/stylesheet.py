"""A stylesheet that matches equal widgets once, because matching takes half of opening a form.

Textual tests all rules for each widget and for each of its component classes, drawn or not. Which
rules apply depends only on the types, ids, classes and pseudo-classes of a widget and its
ancestors, its path. Widgets with the same path, as on a screen opened again, share the result.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from textual.app import App
from textual.cache import LRUCache
from textual.css._style_properties import ColorProperty
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RenderStyles, RulesMap, StylesBase
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

NodePath = tuple[Hashable, ...]

MAX_MATCHES = 2048
"""More than there are different paths on all screens of a working day."""

COLOURS = frozenset(
    name for name, rule in vars(StylesBase).items() if isinstance(rule, ColorProperty)
)
"""The rules that, if changed, make Textual draw a widget and all below it again."""


class Match(NamedTuple):
    """The rules that apply to a path, and whether more would apply below the mouse."""

    rules: RulesMap
    has_hover_style: bool


class ComponentStyles(dict[str, RenderStyles]):
    """The styles of a widget's component classes, matched when they are first used."""

    def __init__(self, stylesheet: FastStylesheet, node: DOMNode) -> None:
        super().__init__()
        self._stylesheet = stylesheet
        self._node = node
        self._names = node._get_component_classes()
        self.match: Match | None = None
        """The match of the widget itself, if its path alone decides on it."""

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __missing__(self, name: str) -> RenderStyles:
        virtual_node = DOMNode(classes=name)
        virtual_node._attach(self._node)
        self._stylesheet.apply(virtual_node)
        self[name] = virtual_node.styles
        return virtual_node.styles


class FastStylesheet(Stylesheet):
    """Textual's stylesheet, which matches each path once."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._matches: LRUCache[NodePath, Match] = LRUCache(MAX_MATCHES)
        self._matched_rules: list[RuleSet] = []
        self._ids: frozenset[str] = frozenset()

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[Any, RulesMap] | None = None
    ) -> None:
        """Apply the rules to a node."""
        if self.rules is not self._matched_rules:
            self._forget_matches()
        path = self._find_path(node)
        match = self._matches.get(path)
        if match is None:
            results: dict[Any, RulesMap] = {}
            super().apply(node, animate=animate, cache=results)
            # There is no result if it depends on the order of the children, or on the focus below.
            if results:
                match = Match(node.styles.base.get_rules(), node._has_hover_style)
                self._matches[path] = match
        elif match is getattr(node._component_styles, "match", None):
            node.notify_style_update()  # inherited colours may have changed
        else:
            node._has_hover_style = match.has_hover_style
            node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
            self._use_match(node, match.rules, animate=animate)
            self._process_component_classes(node)
        if isinstance(node._component_styles, ComponentStyles):
            node._component_styles.match = match

    @classmethod
    def replace_rules(cls, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:
        """Replace the rules of a node.

        If several colours change, its children are drawn again once, not once per colour.
        """
        base = node.styles.base
        old = base.get_rules()
        changed = [name for name in COLOURS if old.get(name) != rules.get(name)]
        if len(changed) > 1 and not animate:
            for name in changed:
                base.set_rule(name, rules.get(name))
            base.refresh(children=True)
        super().replace_rules(node, rules, animate)

    def _forget_matches(self) -> None:
        self._matched_rules = self.rules
        self._matches = LRUCache(MAX_MATCHES)
        self._ids = frozenset(
            selector.name
            for rule in self.rules
            for selector_set in rule.selector_set
            for selector in selector_set.selectors
            if selector.type is SelectorType.ID
        )

    def _find_path(self, node: DOMNode) -> NodePath:
        """Return all that a selector can test about a node, except for the order of children."""
        is_disabled = False
        steps = []
        for step in node.css_path_nodes:
            state: Hashable = None
            if isinstance(step, Widget):
                is_disabled = is_disabled or step.disabled
                can_focus = is_disabled and step.allow_focus()
                state = (step.mouse_hover, step.has_focus, is_disabled, can_focus)
            elif isinstance(step, App):
                state = (step.app_focus, step.theme, step.native_ansi_color, step.no_color)
            id = step._id if step._id in self._ids else None
            steps.append((type(step), id, step.classes, state))
        return tuple(steps)

    def _use_match(self, node: DOMNode, rules: RulesMap, *, animate: bool) -> None:
        if node._is_mounted or node.styles.base._rules:
            self.replace_rules(node, rules, animate=animate)
        else:  # nothing to compare
            node.styles.base.merge_rules(rules)
            node.notify_style_update()

    def _process_component_classes(self, node: DOMNode) -> None:
        old_styles = node._component_styles
        node._component_styles = ComponentStyles(self, node)
        if any(node._component_styles[name] != styles for name, styles in old_styles.items()):
            node.refresh()

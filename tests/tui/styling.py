"""Styles the client's widgets faster, with the same result, because tests open the same screens.

`pytest --draw` runs without this.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RulesMap, Styles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
"""What `Stylesheet.apply` notes on a node, besides its styles."""


@dataclass(frozen=True)
class Applied:
    """Effect of a stylesheet on a node: its flags, and its rules unless none apply."""

    flags: tuple[bool, ...]
    rules: RulesMap | None


class ParsedSheet:
    """Rules of a stylesheet, and what they set on nodes, by all that the rules depend on."""

    def __init__(self, rules: list[RuleSet], rules_map: dict[str, list[RuleSet]]) -> None:
        self.rules, self.rules_map = rules, rules_map
        self.applied: dict[Hashable, Applied] = {}
        self._ids = {
            selector.name
            for rule in rules
            for selectors in rule.selector_set
            for selector in selectors.selectors
            if selector.type == SelectorType.ID
        }
        self._pseudo_classes: dict[Hashable, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def key(self, node: DOMNode) -> Hashable:
        """Return all that the rules for a node depend on: names and states of its path."""
        own = (type(node), self._known_id(node), frozenset(node._classes))
        names = self._pseudo_classes.get(own)
        if names is None:
            names = self._pseudo_classes[own] = self._relevant_pseudo_classes(node)
        of_path, of_node = names
        key: list[Hashable] = [own, _states(node, of_node), _states(node, of_path)]
        ancestor = node
        while isinstance(parent := ancestor._parent, DOMNode):
            ancestor = parent
            key += (type(ancestor), self._known_id(ancestor), frozenset(ancestor._classes))
            if of_path:
                key.append(_states(ancestor, of_path))
        return tuple(key)

    def _known_id(self, node: DOMNode) -> str | None:
        return node._id if node._id in self._ids else None

    def _relevant_pseudo_classes(self, node: DOMNode) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return pseudo-classes that the node's rules need of its path, and of the node alone."""
        of_path: set[str] = set()
        of_node: set[str] = set()
        for name in self.rules_map.keys() & node._selector_names:
            for rule in self.rules_map[name]:
                for selectors in rule.selector_set:
                    *others, last = selectors.selectors
                    of_node |= last.pseudo_classes
                    of_path.update(*(selector.pseudo_classes for selector in others))
        return tuple(of_path), tuple(of_node)


def _states(node: DOMNode, pseudo_classes: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple([node.has_pseudo_class(name) for name in pseudo_classes])


class StyleCache:
    """Replaces methods of Textual, so that each stylesheet is parsed and matched once."""

    def __init__(self) -> None:
        self._sheets: dict[Hashable, ParsedSheet] = {}
        self._by_rules: dict[int, ParsedSheet] = {}
        self._replaced: dict[int, RulesMap | None] = {}
        self._batch: Styles | None = None
        self._refreshes: set[frozenset[tuple[str, bool]]] = set()
        self._parse, self._apply = Stylesheet.parse, Stylesheet.apply
        self._replace_rules, self._refresh = Stylesheet.replace_rules, Styles.refresh

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Replace the methods until the block ends."""
        with pytest.MonkeyPatch.context() as patch:
            # Plain functions, which Python binds to a stylesheet or styles.
            patch.setattr(Stylesheet, "parse", lambda sheet: self.parse(sheet))
            patch.setattr(Stylesheet, "apply", lambda *args, **flags: self.apply(*args, **flags))
            patch.setattr(Stylesheet, "replace_rules", staticmethod(self.replace_rules))
            patch.setattr(Styles, "refresh", lambda styles, **flags: self.refresh(styles, **flags))
            yield

    def parse(self, sheet: Stylesheet) -> None:
        """Parse the sources of a stylesheet, unless another with the same has been parsed."""
        key = (tuple(sheet.source.items()), frozenset(sheet._variables.items()))
        parsed = self._sheets.get(key)
        if parsed is None:
            self._parse(sheet)
            parsed = self._sheets[key] = ParsedSheet(sheet._rules, sheet.rules_map)
            self._by_rules[id(parsed.rules)] = parsed
        sheet._rules, sheet._rules_map = parsed.rules, parsed.rules_map
        sheet._require_parse = False

    def apply(
        self,
        sheet: Stylesheet,
        node: DOMNode,
        *,
        animate: bool = False,
        cache: dict[tuple[object, ...], RulesMap] | None = None,
    ) -> None:
        """Apply a stylesheet to a node; match its rules only if this path of nodes is new."""
        parsed = self._by_rules[id(sheet.rules)]
        sheet._rules_map = parsed.rules_map
        key = parsed.key(node)
        applied = parsed.applied.get(key)
        if applied is None:
            self._replaced[id(node)] = None
            self._apply(sheet, node, animate=animate, cache=cache)
            flags = tuple(getattr(node, name) for name in FLAGS)
            parsed.applied[key] = Applied(flags, self._replaced.pop(id(node)))
            return
        for name, flag in zip(FLAGS, applied.flags, strict=True):
            setattr(node, name, flag)
        if applied.rules is not None:
            self.replace_rules(node, applied.rules, animate=animate)
        sheet._process_component_classes(node)

    def replace_rules(self, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:
        """Replace the rules of a node, and refresh it once, not after each changed rule."""
        if id(node) in self._replaced:
            self._replaced[id(node)] = rules
        styles = node.styles.base
        if styles._rules == rules and not animate:
            node.notify_style_update()
            return
        outer, self._batch, self._refreshes = (self._batch, self._refreshes), styles, set()
        try:
            self._replace_rules(node, rules, animate=animate)
            refreshes = self._refreshes
        finally:
            self._batch, self._refreshes = outer
        for flags in refreshes:
            self._refresh(styles, **dict(flags))

    def refresh(self, styles: Styles, **flags: bool) -> None:
        """Refresh the node of styles, or note that it has to be."""
        if styles is self._batch:
            self._refreshes.add(frozenset(flags.items()))
        else:
            self._refresh(styles, **flags)

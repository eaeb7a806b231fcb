"""The SEN2 file: XML of the values, and its validation by the schema `sen2.xsd`."""

from collections.abc import Iterable, Sequence
from functools import cache

from lxml import etree

from server.placements.sen2.specification import FOLDER, Module, specification
from server.placements.sen2.values import CaseValues, ChildValues, Values


def build_file(header: Values, children: Iterable[ChildValues]) -> bytes:
    """Return the file, as UTF-8."""
    spec = specification()
    root = etree.Element(spec.root)
    _add(root, spec.header, header)
    for child in children:
        person = _add(root, spec.person, child.person)
        for case in child.cases:
            _add_case(person, case)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add_case(person: etree._Element, case: CaseValues) -> None:
    spec = specification()
    request = _add(person, spec.request, case.request)
    if case.assessment is None:
        return
    assessment = _add(request, spec.assessment, case.assessment)
    if case.plan is not None:
        _add_each(_add(assessment, spec.plan, case.plan), spec.plan_detail, case.plan_details)
    if case.active_plan is not None:
        active = _add(assessment, spec.active_plan, case.active_plan)
        _add_each(active, spec.placement, case.placements)
        _add_each(active, spec.need, case.needs)


def _add(parent: etree._Element, module: Module, values: Values) -> etree._Element:
    """Add a module with the elements that have a value."""
    element = etree.SubElement(parent, module.element)
    for name, field in module.fields.items():
        if value := values.get(name, ""):
            etree.SubElement(element, field.element).text = value
    return element


def _add_each(parent: etree._Element, module: Module, rows: Sequence[Values]) -> None:
    for values in rows:
        _add(parent, module, values)


@cache
def schema() -> etree.XMLSchema:
    """Return the schema of the file."""
    return etree.XMLSchema(etree.fromstring((FOLDER / "sen2.xsd").read_bytes()))


def schema_errors(content: bytes) -> list[str]:
    """Return what the schema finds wrong with a file, by line."""
    validator = schema()
    validator.validate(etree.fromstring(content))
    return [f"line {error.line}: {error.message}" for error in validator.error_log]

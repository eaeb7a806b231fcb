"""Every form of the catalogue holds together, and the request asks what the law needs."""

from collections.abc import Iterator

import pytest

from shared.forms.definition import (
    Choice,
    Condition,
    Different,
    FormDefinition,
    FormField,
    Group,
    IncludesEntry,
    Need,
    Number,
)
from tests.shared.forms.catalogue import CATALOGUE, REQUEST

FORMS = pytest.mark.parametrize("form", CATALOGUE.values(), ids=list(CATALOGUE))


def all_fields(form: FormDefinition) -> Iterator[tuple[FormField, dict[str, FormField]]]:
    """Give each field with those a condition there may name: in a group its own come first."""
    top = {field.id: field for step in form.steps for field in step.fields}
    for field in top.values():
        yield field, top
        if isinstance(field, Group):
            inner: dict[str, FormField] = {f.id: f for f in field.fields}
            for each in inner.values():
                yield each, top | inner


def conditions(form: FormDefinition) -> Iterator[tuple[Condition, dict[str, FormField]]]:
    for field, known in all_fields(form):
        if field.only_if:
            yield field.only_if, known
    top = {field.id: field for step in form.steps for field in step.fields}
    for step in form.steps:
        for part in (step, *step.rules):
            if part.only_if:
                yield part.only_if, top


def values(field: FormField) -> set[str]:
    return {o.value for o in field.options} if isinstance(field, Choice) else {"yes", "no"}


def test_each_file_is_named_after_its_form() -> None:
    assert {"professional-request", "parent-request"} <= set(CATALOGUE)
    assert all(form.id == name for name, form in CATALOGUE.items())


@FORMS
def test_ids_are_unique_and_none_is_the_id_of_an_entry(form: FormDefinition) -> None:
    steps = [step.id for step in form.steps]
    fields = [field.id for step in form.steps for field in step.fields]
    assert len(set(steps)) == len(steps)
    assert len(set(fields)) == len(fields)
    for field, _ in all_fields(form):
        if isinstance(field, Group):
            inner = [each.id for each in field.fields]
            assert inner and len(set(inner)) == len(inner), field.id
            assert "id" not in inner, field.id
        if isinstance(field, Choice):
            options = [option.value for option in field.options]
            assert options and len(set(options)) == len(options), field.id
        if isinstance(field, Number):
            assert field.minimum < field.maximum, field.id


@FORMS
def test_upload_is_told_of_as_the_button_that_comes_with_a_chosen_file(
    form: FormDefinition,
) -> None:
    files = [field.id for field, _ in all_fields(form) if field.kind == "file"]
    told = [
        step for step in form.steps if "When you have chosen a file, don't forget" in step.intro
    ]
    assert len(told) == len(files)
    assert not any("alongside each file" in step.intro for step in form.steps)


@FORMS
def test_conditions_name_fields_and_answers_that_exist(form: FormDefinition) -> None:
    for condition, known in conditions(form):
        if condition.field is None:
            assert condition.age_at_least is not None
            continue
        field = known[condition.field]
        if condition.below is not None:
            assert isinstance(field, Number), condition
            assert field.minimum < condition.below <= field.maximum, condition
        named = {condition.equals} - {None} | {*condition.one_of, *condition.none_of}
        assert named or condition.below is not None, condition
        assert named <= values(field), condition


@FORMS
def test_rules_name_fields_of_their_own_step(form: FormDefinition) -> None:
    for step in form.steps:
        here = {field.id: field for field in step.fields}
        for rule in step.rules:
            names = {"other": "", "field": "", **rule.model_dump()}
            for name in (names["field"], names["other"], *names.get("fields", ())):
                assert not name or name in here, (step.id, name)
            if isinstance(rule, IncludesEntry):
                group = here[rule.field]
                assert isinstance(group, Group)
                where = next(field for field in group.fields if field.id == rule.where)
                assert rule.equals in values(where)
            if isinstance(rule, Different):
                assert values(here[rule.field]) == values(here[rule.other])


@FORMS
def test_a_step_that_may_not_apply_says_so_and_every_step_has_its_words(
    form: FormDefinition,
) -> None:
    for step in form.steps:
        assert step.title and 0 < len(step.short) <= 12, step.id
        assert bool(step.only_if) == bool(step.skipped), step.id
    assert all(field.label.strip() for field, _ in all_fields(form))


def test_the_request_has_its_eight_steps_in_order() -> None:
    assert [step.title for step in REQUEST.steps] == [
        "Work Details",
        "Academic progress",
        "SEN needs",
        "Action taken",
        "Over 18s",
        "Documentation",
        "Discussed with",
        "Summary",
    ]
    assert REQUEST.by_professionals and not CATALOGUE["parent-request"].by_professionals
    over = next(step for step in REQUEST.steps if step.id == "over_18s")
    assert over.only_if == Condition(age_at_least=18)


def test_evidence_is_never_a_gate() -> None:
    fields = {field.id for field, _ in all_fields(REQUEST) if field.need is Need.REQUIRED}
    assert fields == {"work_details", "contact_details", "declaration", "sharing"}
    rules = [rule for step in REQUEST.steps for rule in step.rules if rule.need is Need.REQUIRED]
    assert [rule.message for rule in rules] == [
        "Add at least one person with whom the request was discussed"
    ]


ADVICE = {name: form for name, form in CATALOGUE.items() if form.asked_for}
ADVICE_FORMS = pytest.mark.parametrize("form", ADVICE.values(), ids=list(ADVICE))


def test_four_forms_can_be_asked_for() -> None:
    assert set(ADVICE) == {
        "educational-advice",
        "health-advice",
        "psychological-advice",
        "social-care-advice",
    }


@ADVICE_FORMS
def test_advice_is_due_in_six_weeks_and_is_no_gate_either(form: FormDefinition) -> None:
    assert (form.stage, form.due_days, form.by_professionals) == ("assessment", 42, False)
    fields = {field.id for field, _ in all_fields(form) if field.need is Need.REQUIRED}
    assert fields == {"work_details", "declaration", "sharing"}
    assert not [rule for step in form.steps for rule in step.rules if rule.need is Need.REQUIRED]


def test_educational_advice_has_its_eight_steps_in_order() -> None:
    form = CATALOGUE["educational-advice"]
    assert form.title == "Educational Advice for Statutory EHC Assessment"
    assert [step.title for step in form.steps] == [
        "Work Details",
        "Story",
        "Needs",
        "Longer term outcomes",
        "Shorter term outcomes",
        "Provision",
        "Documentation",
        "Summary",
    ]
    assert form.field("story").label == "CYP's story (Education)"


@ADVICE_FORMS
def test_the_same_is_agreed_to_in_every_form(form: FormDefinition) -> None:
    for name in ("declaration", "sharing"):
        assert form.field(name) == REQUEST.field(name)

"""Every form of the catalogue is consistent, and the request meets the legal requirements."""

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
    InOrder,
    Need,
    Number,
)
from tests.shared.forms.catalogue import CATALOGUE, REQUEST

FORMS = pytest.mark.parametrize("form", CATALOGUE.values(), ids=list(CATALOGUE))


def list_fields(form: FormDefinition) -> Iterator[tuple[FormField, dict[str, FormField]]]:
    """Yield each field with the fields that its condition may refer to, by id."""
    form_fields = {field.id: field for step in form.steps for field in step.fields}
    for field in form_fields.values():
        yield field, form_fields
        if isinstance(field, Group):
            group_fields: dict[str, FormField] = {
                group_field.id: group_field for group_field in field.fields
            }
            for inner_field in group_fields.values():
                yield inner_field, form_fields | group_fields


def list_conditions(form: FormDefinition) -> Iterator[tuple[Condition, dict[str, FormField]]]:
    for field, fields in list_fields(form):
        if field.only_if:
            yield field.only_if, fields
    form_fields = {field.id: field for step in form.steps for field in step.fields}
    for step in form.steps:
        for item in (step, *step.rules):
            if item.only_if:
                yield item.only_if, form_fields


def possible_answers(field: FormField) -> set[str]:
    return (
        {option.value for option in field.options} if isinstance(field, Choice) else {"yes", "no"}
    )


def test_each_file_is_named_after_its_form() -> None:
    assert {"professional-request", "parent-request"} <= set(CATALOGUE)
    assert all(form.id == name for name, form in CATALOGUE.items())


@FORMS
def test_ids_are_unique_and_not_reserved(form: FormDefinition) -> None:
    steps = [step.id for step in form.steps]
    fields = [field.id for step in form.steps for field in step.fields]
    assert len(set(steps)) == len(steps)
    assert len(set(fields)) == len(fields)
    for field, _ in list_fields(form):
        if isinstance(field, Group):
            inner = [inner_field.id for inner_field in field.fields]
            assert inner and len(set(inner)) == len(inner), field.id
            assert "id" not in inner, field.id
        if isinstance(field, Choice):
            options = [option.value for option in field.options]
            assert options and len(set(options)) == len(options), field.id
        if isinstance(field, Number):
            assert field.minimum < field.maximum, field.id


@FORMS
def test_steps_with_files_explain_the_upload_button(
    form: FormDefinition,
) -> None:
    files = [field.id for field, _ in list_fields(form) if field.kind == "file"]
    steps = [
        step for step in form.steps if "When you have chosen a file, don't forget" in step.intro
    ]
    assert len(steps) == len(files)
    assert not any("alongside each file" in step.intro for step in form.steps)


@FORMS
def test_conditions_refer_to_existing_fields_and_answers(form: FormDefinition) -> None:
    for condition, fields in list_conditions(form):
        if condition.field is None:
            assert condition.age_at_least is not None
            continue
        field = fields[condition.field]
        if condition.below is not None:
            assert isinstance(field, Number), condition
            assert field.minimum < condition.below <= field.maximum, condition
        answers = {condition.equals} - {None} | {*condition.one_of, *condition.none_of}
        assert answers or condition.below is not None, condition
        assert answers <= possible_answers(field), condition


@FORMS
def test_rules_refer_to_fields_of_their_own_step(form: FormDefinition) -> None:
    for step in form.steps:
        step_fields = {field.id: field for field in step.fields}
        for rule in step.rules:
            if isinstance(rule, InOrder):
                continue
            names = {"other": "", "field": "", **rule.model_dump()}
            for name in (names["field"], names["other"], *names.get("fields", ())):
                assert not name or name in step_fields, (step.id, name)
            if isinstance(rule, IncludesEntry):
                group = step_fields[rule.field]
                assert isinstance(group, Group)
                condition_field = next(field for field in group.fields if field.id == rule.where)
                assert rule.equals in possible_answers(condition_field)
            if isinstance(rule, Different):
                assert possible_answers(step_fields[rule.field]) == possible_answers(
                    step_fields[rule.other]
                )


@FORMS
def test_order_rules_compare_fields_of_the_same_kind(form: FormDefinition) -> None:
    for step in form.steps:
        for rule in step.rules:
            if not isinstance(rule, InOrder):
                continue
            fields: tuple[FormField, ...] = step.fields
            if rule.group:
                [fields] = [f.fields for f in fields if isinstance(f, Group) and f.id == rule.group]
            kinds = {field.id: field.kind for field in fields}
            assert kinds[rule.first] == kinds[rule.then], rule
            assert kinds[rule.then] in {"number", "date"}, rule


def test_request_compares_sessions_and_the_dates_of_a_cycle() -> None:
    rules = [rule for step in REQUEST.steps for rule in step.rules if isinstance(rule, InOrder)]
    assert [(rule.group, rule.first, rule.then) for rule in rules] == [
        ("", "sessions_attended", "sessions_possible"),
        ("cycles", "started_on", "reviewed_on"),
    ]


@FORMS
def test_every_step_has_required_texts(
    form: FormDefinition,
) -> None:
    for step in form.steps:
        assert step.title and 0 < len(step.short) <= 12, step.id
        assert bool(step.only_if) == bool(step.skipped), step.id
    assert all(field.label.strip() for field, _ in list_fields(form))


def test_request_has_eight_steps_in_order() -> None:
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
    over_18s = next(step for step in REQUEST.steps if step.id == "over_18s")
    assert over_18s.only_if == Condition(age_at_least=18)


def test_evidence_is_never_required() -> None:
    fields = {field.id for field, _ in list_fields(REQUEST) if field.need is Need.REQUIRED}
    assert fields == {"work_details", "contact_details", "declaration", "sharing"}
    rules = [rule for step in REQUEST.steps for rule in step.rules if rule.need is Need.REQUIRED]
    assert [rule.message for rule in rules] == [
        "Add at least one person with whom the request was discussed"
    ]


ADVICE = {name: form for name, form in CATALOGUE.items() if form.asked_for}
ADVICE_FORMS = pytest.mark.parametrize("form", ADVICE.values(), ids=list(ADVICE))


def test_four_forms_can_be_requested_as_advice() -> None:
    assert set(ADVICE) == {
        "educational-advice",
        "health-advice",
        "psychological-advice",
        "social-care-advice",
    }


@ADVICE_FORMS
def test_advice_is_due_in_six_weeks_and_never_requires_evidence(form: FormDefinition) -> None:
    assert (form.stage, form.due_days, form.by_professionals) == ("assessment", 42, False)
    fields = {field.id for field, _ in list_fields(form) if field.need is Need.REQUIRED}
    assert fields == {"work_details", "declaration", "sharing"}
    assert not [rule for step in form.steps for rule in step.rules if rule.need is Need.REQUIRED]


def test_educational_advice_has_eight_steps_in_order() -> None:
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
def test_every_form_has_the_same_declarations(form: FormDefinition) -> None:
    for name in ("declaration", "sharing"):
        assert form.field(name) == REQUEST.field(name)

"""The answers that a new form has from the child's details."""

from server.people.tables import Person
from shared.forms.definition import Choice, FormDefinition
from shared.forms.submissions import Answer
from shared.values.checks import YEAR_GROUP

YEAR_GROUP_FIELD = "year_group"


def prefilled_answers(definition: FormDefinition, person: Person) -> dict[str, Answer]:
    """Return the child's year group if the form asks for it and has it among its options."""
    text = person.year_group.strip().casefold()
    if match := YEAR_GROUP.fullmatch(text):
        text = f"year {int(match[1])}"
    fields = (field for step in definition.steps for field in step.fields)
    return {
        field.id: option.value
        for field in fields
        if field.id == YEAR_GROUP_FIELD and isinstance(field, Choice)
        for option in field.options
        if option.label.casefold().removesuffix(" or above") == text
    }

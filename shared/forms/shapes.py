"""Validation of the shape of answers: whether they can be stored."""

import re

from shared.forms.definition import Agreement, FormDefinition, FormField, Group, SimpleField
from shared.forms.submissions import Answer, Entry
from shared.problems import FieldError

STORED_LIMIT = 1_000_000
ENTRIES_LIMIT = 200
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def shape_errors(definition: FormDefinition, changes: dict[str, Answer | None]) -> list[FieldError]:
    """List answers that cannot be stored: unknown fields, wrong types or excessive sizes.

    Impossible dates and texts over their limit can be stored, but not submitted.
    """
    fields_by_id = {field.id: field for step in definition.steps for field in step.fields}
    errors: list[FieldError] = []
    for name, answer in changes.items():
        if name not in fields_by_id:
            errors.append(_shape_error(f"/{name}", "This form has no such question."))
        elif answer is not None:
            errors += _field_errors(fields_by_id[name], answer, f"/{name}")
    return errors


def _shape_error(pointer: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code="shape", message=message)


def _field_errors(field: FormField, answer: Answer, pointer: str) -> list[FieldError]:
    if isinstance(field, Group):
        if not isinstance(answer, list):
            return [_shape_error(pointer, "A list of entries belongs here.")]
        if len(answer) > ENTRIES_LIMIT:
            return [_shape_error(pointer, f"There can be {ENTRIES_LIMIT} entries at most.")]
        return [
            error for i, e in enumerate(answer) for error in _entry_errors(field, e, pointer, i)
        ]
    return _simple_errors(field, answer, pointer)


def _entry_errors(group: Group, entry: Entry, pointer: str, index: int) -> list[FieldError]:
    fields_by_id = {field.id: field for field in group.fields}
    entry_pointer = f"{pointer}/{index}"
    if not isinstance(entry.get("id"), str) or not 0 < len(str(entry["id"])) <= 64:
        return [_shape_error(entry_pointer, "Each entry needs an id.")]
    errors: list[FieldError] = []
    for name, answer in entry.items():
        if name == "id":
            continue
        if name not in fields_by_id:
            errors.append(
                _shape_error(f"{entry_pointer}/{name}", "This entry has no such question.")
            )
        else:
            errors += _simple_errors(fields_by_id[name], answer, f"{entry_pointer}/{name}")
    return errors


def _simple_errors(field: SimpleField, answer: Answer, pointer: str) -> list[FieldError]:
    if isinstance(field, Agreement):
        return [] if isinstance(answer, bool) else [_shape_error(pointer, "Tick or untick this.")]
    if not isinstance(answer, str):
        return [_shape_error(pointer, "A text belongs here.")]
    if len(answer) > STORED_LIMIT:
        return [
            _shape_error(pointer, f"This is over {STORED_LIMIT:,} characters; it can't be kept.")
        ]
    if UNSTORABLE.search(answer):
        return [_shape_error(pointer, "This holds characters that are no text.")]
    return []

"""The questions about a professional and their work, as registration and My Account ask them."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widgets import Input, Select

from shared.accounts import PASSWORD_MIN, ROLE_LABELS, AboutYou, ProfessionalRole, WorkDetailsIn
from shared.problems import FieldError
from tui.widgets.field import Field

LINE = 200


def _line(
    name: str, label: str, value: str, help_text: str, *, required: bool = True, longest: int = LINE
) -> Field:
    box = Input(value, max_length=longest)
    return Field(name, label, box, required=required, help_text=help_text)


def about_fields(about: AboutYou | None = None) -> list[Field]:
    """Make the questions about the professional, answered where they have been."""
    title, first, last, phone = (
        (about.title, about.first_name, about.last_name, about.phone) if about else ("",) * 4
    )
    return [
        _line("title", "Title", title, "For example Ms, Mr, Mx or Dr.", required=False, longest=20),
        _line("first_name", "First name", first, "Your first name, as families know you."),
        _line("last_name", "Last name", last, "Your last name, as families know you."),
        _line(
            "phone", "Telephone number", phone, "Where we can reach you, for example 0116 496 0101."
        ),
    ]


def work_fields(work: WorkDetailsIn | None = None) -> list[Field]:
    """Make the questions about a professional role, answered where they have been."""
    roles = Select(
        [(label, role.value) for role, label in ROLE_LABELS.items()],
        value=work.role.value if work else Select.NULL,
        prompt="Please select",
        compact=True,
    )
    other, organisation, address, postcode, phone, mobile = (
        (
            work.role_other,
            work.organisation,
            work.address,
            work.postcode,
            work.work_phone,
            work.mobile,
        )
        if work
        else ("",) * 6
    )
    return [
        Field(
            "role",
            "Professional role",
            roles,
            required=True,
            help_text="The role you work in. Under My Account you can add others later.",
        ),
        _line(
            "role_other",
            "Role, where it is not listed",
            other,
            "Fill this in only where you chose Other.",
            required=False,
        ),
        _line(
            "organisation",
            "Organisation name",
            organisation,
            "Your school, service or practice, for example Babington Academy.",
        ),
        _line("address", "Work address", address, "Street, number and town of your work."),
        _line("postcode", "Postcode", postcode, "The postcode of your work, for example LE1 1FZ."),
        _line("work_phone", "Work phone", phone, "For example 0116 496 0101."),
        _line("mobile", "Mobile number", mobile, "You may leave this empty.", required=False),
    ]


def _values(fields: Iterable[Field]) -> dict[str, str]:
    return {field.name or "": field.value.strip() for field in fields}


def read_about(fields: Iterable[Field]) -> AboutYou:
    """Read who the professional is; every required field must hold something."""
    found = _values(fields)
    return AboutYou(**{name: found[name] for name in AboutYou.model_fields})


def read_work(fields: Iterable[Field]) -> WorkDetailsIn:
    """Read work details; every required field must hold something."""
    found = _values(fields)
    return WorkDetailsIn(
        role=ProfessionalRole(found["role"]),
        **{name: found[name] for name in WorkDetailsIn.model_fields if name != "role"},
    )


def say(fields: Iterable[Field], errors: Iterable[FieldError]) -> list[tuple[str, str]]:
    """Say errors at their fields, and give them as an error summary takes them."""
    wrong = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
    for field in fields:
        if field.name in wrong:
            field.say_error(wrong[field.name])
    return list(wrong.items())


def check_new_password(password: Field, again: Field) -> list[tuple[str, str]]:
    """Check the length of a new password and that it was typed the same way twice."""
    errors = []
    if len(password.value) < PASSWORD_MIN:
        errors.append((password, f"Use at least {PASSWORD_MIN} characters for the password."))
    elif password.value != again.value:
        errors.append((again, "The two passwords are not the same."))
    for field, message in errors:
        field.say_error(message)
    return [(field.name or "", message) for field, message in errors]

"""Fields for a professional's details and work details."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from textual.widgets import Select

from shared.accounts import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    ROLE_LABELS,
    AboutYou,
    OwnWorkDetails,
    ProfessionalRole,
    WorkDetailsIn,
    WorkplaceIn,
    normalise_password,
)
from shared.problems import FieldError
from shared.values.checks import check_about, check_work
from tui.accounts.account_screen import PasswordField, require_answers
from tui.accounts.organisation_field import OrganisationField
from tui.core.client import Client
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

MAX_LENGTH = 200


def _line_field(
    name: str,
    label: str,
    value: str,
    help_text: str,
    *,
    required: bool = True,
    max_length: int = MAX_LENGTH,
) -> Field:
    control = LineInput(value, max_length=max_length)
    return Field(name, label, control, required=required, help_text=help_text)


def create_about_fields(about: AboutYou | None = None) -> list[Field]:
    """Create the fields for a professional's details, with any known answers."""
    title, first, last, phone = (
        (about.title, about.first_name, about.last_name, about.phone) if about else ("",) * 4
    )
    return [
        _line_field(
            "title", "Title", title, "For example Ms, Mr, Mx or Dr.", required=False, max_length=20
        ),
        _line_field("first_name", "First name", first, "Your first name, as families know you."),
        _line_field("last_name", "Last name", last, "Your last name, as families know you."),
        _line_field(
            "phone", "Telephone number", phone, "Where we can reach you, for example 0116 496 0101."
        ),
    ]


def _role_field(work: OwnWorkDetails | None) -> Field:
    roles = ChoiceList(
        [(label, role.value) for role, label in ROLE_LABELS.items()],
        value=work.role.value if work else Select.NULL,
        prompt="Please select",
        compact=True,
    )
    return Field(
        "role",
        "Professional role",
        roles,
        required=True,
        help_text="The role you work in. Under My Account you can add others later.",
    )


def create_work_fields(client: Client, work: OwnWorkDetails | None = None) -> list[Field]:
    """Create the fields for work details, with any known answers."""
    answers = defaultdict[str, str](str, work.model_dump(mode="json") if work else {})
    return [
        _role_field(work),
        _line_field(
            "role_other",
            "Role, if it is not listed",
            answers["role_other"],
            "Fill this in only if you chose Other.",
            required=False,
        ),
        OrganisationField(client, answers["organisation"], work.organisation_id if work else None),
        _line_field(
            "address", "Work address", answers["address"], "Street, number and town of your work."
        ),
        _line_field(
            "postcode",
            "Postcode",
            answers["postcode"],
            "The postcode of your work, for example LE1 1FZ.",
        ),
        _line_field(
            "work_phone", "Work phone", answers["work_phone"], "For example 0116 496 0101."
        ),
        _line_field(
            "mobile",
            "Mobile number",
            answers["mobile"],
            "Optional.",
            required=False,
        ),
    ]


def _field_values(fields: Iterable[Field]) -> dict[str, str]:
    return {field.name or "": field.value.strip() for field in fields}


def read_about(fields: Iterable[Field]) -> AboutYou:
    """Build the professional's details; all required fields must be filled in."""
    values = _field_values(fields)
    return AboutYou(**{name: values[name] for name in AboutYou.model_fields})


def read_work(fields: Iterable[Field]) -> WorkplaceIn:
    """Build the work details; all required fields must be filled in."""
    fields = list(fields)
    values = _field_values(fields)
    chosen = [field.chosen for field in fields if isinstance(field, OrganisationField)]
    return WorkplaceIn(
        role=ProfessionalRole(values["role"]),
        organisation_id=chosen[0],
        **{name: values[name] for name in WorkDetailsIn.model_fields if name != "role"},
    )


def show_errors_at_fields(
    fields: Iterable[Field], errors: Iterable[FieldError]
) -> list[tuple[str, str]]:
    """Show errors at their fields, and return them for the error summary."""
    messages = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
    for field in fields:
        if field.name in messages:
            field.show_error(messages[field.name])
    return list(messages.items())


def check_about_fields(fields: list[Field]) -> list[tuple[str, str]]:
    """Check a professional's details, show the errors, and return them."""
    require_answers(fields)
    # An unvalidated model lets missing and invalid answers be shown together.
    show_errors_at_fields(
        fields, check_about(AboutYou.model_construct(None, **_field_values(fields))).errors
    )
    return field_errors(fields)


def check_work_fields(fields: list[Field]) -> list[tuple[str, str]]:
    """Check work details, show the errors, and return them."""
    require_answers(fields)
    values = _field_values(fields)
    if not values["role"]:  # already reported; check the rest as for a listed role
        values |= {"role": ProfessionalRole.SENCO, "role_other": ""}
    role = ProfessionalRole(values.pop("role"))
    show_errors_at_fields(
        fields, check_work(WorkDetailsIn.model_construct(None, role=role, **values)).errors
    )
    return field_errors(fields)


def create_new_password_fields(name: str, confirm_name: str, label: str) -> list[PasswordField]:
    """Create the fields for a new password and its confirmation, with the rule as a hint."""
    return [
        PasswordField(
            name,
            label,
            hint=f"{PASSWORD_MIN} to {PASSWORD_MAX} characters that are hard to guess",
            help_text=(
                f"{PASSWORD_MIN} to {PASSWORD_MAX} characters that are hard to guess. Four words "
                "that have nothing to do with each other make a good password. "
                "{password.show} shows or hides it."
            ),
        ),
        PasswordField(confirm_name, "Confirm password", help_text="The same password again."),
    ]


def check_new_password(password: Field, confirmation: Field) -> None:
    """Show an error if a new password is too short or its confirmation differs."""
    if not password.value.strip():
        return
    if len(normalise_password(password.value)) < PASSWORD_MIN:
        password.show_error(f"Use at least {PASSWORD_MIN} characters for the password.")
    elif confirmation.value.strip() and password.value != confirmation.value:
        confirmation.show_error("The two passwords are not the same.")


def field_errors(fields: Iterable[Field]) -> list[tuple[str, str]]:
    """Return the errors shown at fields, for the error summary."""
    return [(field.name or "", field.error) for field in fields if field.error]

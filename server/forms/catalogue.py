"""The catalogue of forms, read once from YAML files."""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml
from pydantic import ValidationError
from sqlalchemy import tuple_
from sqlmodel import col, select

from server.core.database import Transaction
from server.core.problems import not_found
from server.forms.tables import StoredForm
from shared.forms.definition import FormDefinition


class BadForm(Exception):
    """A form that cannot be read; the message names the file and the error."""


@cache
def catalogue(own_folder: Path | None = None) -> dict[str, FormDefinition]:
    """Return every form by id, from the package and the authority's own folder; raises BadForm."""
    folders = [files("shared.forms") / "catalogue", *([own_folder] if own_folder else [])]
    forms = [
        _read(file)
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith((".yaml", ".yml"))
    ]
    return {form.id: form for form in sorted(forms, key=lambda form: form.id)}


def _read(file: Traversable) -> FormDefinition:
    try:
        return FormDefinition.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise BadForm(f"The form {file.name} can't be read: {error}") from None


@cache
def catalogue_etag(own_folder: Path | None = None) -> str:
    """Return the ETag of the catalogue."""
    content = "".join(form.model_dump_json() for form in catalogue(own_folder).values())
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def pin_form(tx: Transaction, form: str) -> FormDefinition:
    """Return a form of the catalogue and store its definition; raises NOT_FOUND."""
    return pin_forms(tx, [form])[form]


def pin_forms(tx: Transaction, forms: Iterable[str]) -> dict[str, FormDefinition]:
    """Return forms of the catalogue by id, as `pin_form` does; raises NOT_FOUND."""
    forms_by_id = catalogue(tx.services.settings.forms)
    if not set(forms) <= set(forms_by_id):
        raise not_found()
    definitions = {form: forms_by_id[form] for form in forms}
    query = select(StoredForm.form, StoredForm.version).where(col(StoredForm.form).in_(definitions))
    stored = {(form, version) for form, version in tx.session.execute(query)}
    for form, definition in definitions.items():
        if (form, definition.version) not in stored:
            content = definition.model_dump(mode="json")
            tx.session.add(StoredForm(form=form, version=definition.version, definition=content))
    return definitions


def pinned_form(tx: Transaction, form: str, version: int) -> FormDefinition:
    """Return the form definition that a submission is pinned to."""
    return pinned_forms(tx, [(form, version)])[form, version]


def pinned_forms(
    tx: Transaction, versions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], FormDefinition]:
    """Return the form definitions of submissions by form id and version."""
    current = catalogue(tx.services.settings.forms)
    keys = set(versions)
    definitions = {
        (form, version): current[form]
        for form, version in keys
        if form in current and current[form].version == version
    }
    if older := keys - definitions.keys():
        query = select(StoredForm).where(tuple_(StoredForm.form, StoredForm.version).in_(older))
        definitions |= {
            (row.form, row.version): FormDefinition.model_validate(row.definition)
            for row in tx.session.exec(query)
        }
    return definitions

"""The catalogue: every form that can be filled, read once from its YAML."""

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
    """A form can't be read; the message names the file and what is wrong with it."""


@cache
def catalogue(further: Path | None = None) -> dict[str, FormDefinition]:
    """Read every form by its id: the package's, and those of the authority's own folder.

    Raises BadForm.
    """
    folders = [files("shared.forms") / "catalogue", *([further] if further else [])]
    found = [
        _read(file)
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith((".yaml", ".yml"))
    ]
    return {form.id: form for form in sorted(found, key=lambda form: form.id)}


def _read(file: Traversable) -> FormDefinition:
    try:
        return FormDefinition.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise BadForm(f"The form {file.name} can't be read: {error}") from None


@cache
def catalogue_etag(further: Path | None = None) -> str:
    """Tell the catalogue's ETag."""
    whole = "".join(form.model_dump_json() for form in catalogue(further).values())
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'


def form_to_fill(tx: Transaction, form: str) -> FormDefinition:
    """Take a form of the catalogue to fill it, keeping this version; raises NOT_FOUND."""
    return forms_to_fill(tx, [form])[form]


def forms_to_fill(tx: Transaction, forms: Iterable[str]) -> dict[str, FormDefinition]:
    """Take forms of the catalogue as `form_to_fill` does, by their ids; raises NOT_FOUND."""
    known = catalogue(tx.services.settings.forms)
    if not set(forms) <= set(known):
        raise not_found()
    definitions = {form: known[form] for form in forms}
    kept = select(StoredForm.form, StoredForm.version).where(col(StoredForm.form).in_(definitions))
    has = set(tx.session.execute(kept).tuples())
    for form, definition in definitions.items():
        if (form, definition.version) not in has:
            whole = definition.model_dump(mode="json")
            tx.session.add(StoredForm(form=form, version=definition.version, definition=whole))
    return definitions


def form_filled(tx: Transaction, form: str, version: int) -> FormDefinition:
    """Find the version of a form that a submission was filled with."""
    return forms_filled(tx, [(form, version)])[form, version]


def forms_filled(
    tx: Transaction, versions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], FormDefinition]:
    """Find the versions of forms that submissions were filled with, by form and version."""
    now = catalogue(tx.services.settings.forms)
    wanted = set(versions)
    found = {
        (form, version): now[form]
        for form, version in wanted
        if form in now and now[form].version == version
    }
    if older := wanted - found.keys():
        kept = select(StoredForm).where(tuple_(StoredForm.form, StoredForm.version).in_(older))
        found |= {
            (row.form, row.version): FormDefinition.model_validate(row.definition)
            for row in tx.session.exec(kept)
        }
    return found

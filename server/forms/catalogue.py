"""The catalogue: every form that can be filled, read once from its YAML."""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml
from pydantic import ValidationError

from server.core.database import Transaction
from server.core.problems import not_found
from server.forms.tables import FormKept
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
    definition = catalogue(tx.services.settings.forms).get(form)
    if definition is None:
        raise not_found()
    if tx.session.get(FormKept, (form, definition.version)) is None:
        kept = definition.model_dump(mode="json")
        tx.session.add(FormKept(form=form, version=definition.version, definition=kept))
    return definition


def form_filled(tx: Transaction, form: str, version: int) -> FormDefinition:
    """Find the version of a form that a submission was filled with."""
    now = catalogue(tx.services.settings.forms).get(form)
    if now is not None and now.version == version:
        return now
    kept = tx.session.get_one(FormKept, (form, version))
    return FormDefinition.model_validate(kept.definition)

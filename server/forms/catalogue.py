"""The catalogue: every form that can be filled, read once from its YAML."""

import hashlib
from functools import cache
from importlib.resources import files

import yaml

from server.core.database import Transaction
from server.core.problems import not_found
from server.forms.tables import FormKept
from shared.forms.definition import FormDefinition


@cache
def catalogue() -> dict[str, FormDefinition]:
    """Read every form of the catalogue, by its id."""
    folder = files("shared.forms") / "catalogue"
    found = [
        FormDefinition.model_validate(yaml.safe_load(file.read_text("utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    ]
    return {form.id: form for form in sorted(found, key=lambda form: form.id)}


@cache
def catalogue_etag() -> str:
    """Tell the catalogue's ETag."""
    whole = "".join(form.model_dump_json() for form in catalogue().values())
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'


def form_to_fill(tx: Transaction, form: str) -> FormDefinition:
    """Take a form of the catalogue to fill it, keeping this version; raises NOT_FOUND."""
    definition = catalogue().get(form)
    if definition is None:
        raise not_found()
    if tx.session.get(FormKept, (form, definition.version)) is None:
        kept = definition.model_dump(mode="json")
        tx.session.add(FormKept(form=form, version=definition.version, definition=kept))
    return definition


def form_filled(tx: Transaction, form: str, version: int) -> FormDefinition:
    """Find the version of a form that a submission was filled with."""
    now = catalogue().get(form)
    if now is not None and now.version == version:
        return now
    kept = tx.session.get_one(FormKept, (form, version))
    return FormDefinition.model_validate(kept.definition)

"""The forms of the catalogue, and the minimal answers to a request."""

from datetime import date
from importlib.resources import files

import yaml

from shared.forms.answers import facts_for
from shared.forms.definition import FormDefinition
from shared.forms.submissions import Answers

CHILD = facts_for(date(2017, 10, 1), date(2026, 9, 29))
ADULT = facts_for(date(2007, 10, 1), date(2026, 9, 29))


def load_catalogue() -> dict[str, FormDefinition]:
    """Load every form, by file name."""
    folder = files("shared.forms") / "catalogue"
    return {
        file.name.removesuffix(".yaml"): FormDefinition.model_validate(
            yaml.safe_load(file.read_text("utf-8"))
        )
        for file in folder.iterdir()
    }


CATALOGUE = load_catalogue()
REQUEST = CATALOGUE["professional-request"]


def minimal_request() -> Answers:
    """Return the minimal answers that can be submitted."""
    return {
        "work_details": "8b0f6f0e-0001-4000-8000-000000000001",
        "contacts": [{"id": "a", "name": "Lena Larkspur", "contact_details": "07700 900111"}],
        "declaration": True,
        "sharing": True,
    }

"""Where settings come from: the environment, files that it names, and a TOML file."""

import os
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    SettingsError,
    TomlConfigSettingsSource,
)

PREFIX = "PORTAL_"
FILE_SUFFIX = "_FILE"
SETTINGS_VARIABLE = "PORTAL_SETTINGS"
"""Names the TOML file; empty, no file is read."""
DEFAULT_FILE = Path("/etc/professional-portal/portal.toml")
CLIENT_VARIABLES = ("PORTAL_SERVER", "PORTAL_CLIENT_SETTINGS")
"""Variables of the client, which may be set where the server runs."""

MAKE_KEY = (
    "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`, and keep it."
)


class InvalidSettings(Exception):
    """Settings that can't be used; the message has a line for each, without its value."""


class VariableSource(EnvSettingsSource):
    """Settings in PORTAL_... environment variables."""

    def describe(self, name: str) -> str:
        """Return where a setting is set."""
        return variable_of(name)


class FileSource(EnvSettingsSource):
    """Settings in the files that PORTAL_..._FILE environment variables name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the file of a setting, without the line end, or None."""
        path, _, is_complex = super().get_field_value(field, f"{field_name}_file")
        return (Path(path).read_text().rstrip("\r\n") if path else None), field_name, is_complex

    def describe(self, name: str) -> str:
        """Return where a setting is set."""
        return f"{variable_of(name)}{FILE_SUFFIX}"


class TomlSource(TomlConfigSettingsSource):
    """Settings in the TOML file."""

    def describe(self, name: str) -> str:
        """Return where a setting is set."""
        return str(self.toml_file_path)


class UnknownVariables(InitSettingsSource):
    """PORTAL_... environment variables that are no settings, so that they are refused."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        known = {SETTINGS_VARIABLE, *CLIENT_VARIABLES}
        for name in settings_cls.model_fields:
            known |= {variable_of(name), f"{variable_of(name)}{FILE_SUFFIX}"}
        unknown = [
            name.upper().removeprefix(PREFIX).lower()
            for name in os.environ
            if name.upper().startswith(PREFIX) and name.upper() not in known
        ]
        super().__init__(settings_cls, dict.fromkeys(unknown, ""))

    def describe(self, name: str) -> str:
        """Return where a setting is set."""
        return variable_of(name)


Source = VariableSource | FileSource | TomlSource | UnknownVariables


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def settings_file() -> Path | None:
    """Return the TOML file; raises InvalidSettings if one is named that doesn't exist."""
    named = os.environ.get(SETTINGS_VARIABLE)
    if named is None:
        return DEFAULT_FILE if DEFAULT_FILE.exists() else None
    if not named:
        return None
    if not Path(named).is_file():
        raise InvalidSettings(f"{SETTINGS_VARIABLE}: there is no file {named}.")
    return Path(named)


def list_sources(settings_cls: type[BaseSettings]) -> tuple[Source, ...]:
    """List the sources, the one that counts most first; raises InvalidSettings."""
    variables = (
        VariableSource(settings_cls),
        FileSource(settings_cls),
        UnknownVariables(settings_cls),
    )
    file = settings_file()
    if file is None:
        return variables
    try:
        return (*variables, TomlSource(settings_cls, toml_file=file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file}: this is not TOML: {error}.") from None
    except OSError as error:
        raise InvalidSettings(
            f"{file} can't be read: {error.strerror}. Run this as the user of the portal."
        ) from None


def find_origins(settings_cls: type[BaseSettings]) -> dict[str, str]:
    """Return where each setting that is no default is set, by its name."""
    origins: dict[str, str] = {}
    for source in reversed(list_sources(settings_cls)):
        origins |= {name: source.describe(name) for name in source()}
    return origins


def explain_unreadable(error: SettingsError, settings_cls: type[BaseSettings]) -> str:
    """Return a sentence for a setting that could not be read from its source."""
    name = next(name for name in settings_cls.model_fields if f'field "{name}"' in str(error))
    if isinstance(error.__cause__, UnicodeDecodeError):
        return f"{variable_of(name)}{FILE_SUFFIX}: the file is not text."
    if isinstance(error.__cause__, OSError):
        file = error.__cause__
        return f"{variable_of(name)}{FILE_SUFFIX}: {file.filename} can't be read: {file.strerror}."
    return f"{variable_of(name)}: this is not valid JSON."


def explain_invalid(error: ValidationError, settings_cls: type[BaseSettings]) -> str:
    """Return a sentence for each invalid setting, which never shows its value."""
    origins = find_origins(settings_cls)
    sentences: dict[object, str] = {}
    for details in error.errors(include_input=False, include_url=False):
        # A default that is made from other settings can't be made from invalid ones.
        if details["type"] != "default_factory_not_called":
            sentence = _explain(details, settings_cls, origins)
            sentences.setdefault(details["loc"][0] if details["loc"] else None, sentence)
    return "\n".join(sentences.values())


def _explain(
    details: ErrorDetails, settings_cls: type[BaseSettings], origins: dict[str, str]
) -> str:
    name, *rest = (str(part) for part in details["loc"]) if details["loc"] else ("",)
    label, known = variable_of(name), list(settings_cls.model_fields)
    origin = origins.get(name, "")
    if origin and not origin.startswith(PREFIX):
        label = f"{label} in {origin}"
    elif origin.endswith(FILE_SUFFIX):
        label = origin
    write: Callable[[str], str] = variable_of
    if rest:
        label = f"{label}: {'.'.join(rest)}"
        nested = settings_cls.model_fields[name].annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            known = list(nested.model_fields)
        else:
            known = []
        write = str
    if details["type"] == "extra_forbidden":
        nearest = get_close_matches(rest[-1] if rest else name, known, n=1)
        hint = f"Did you mean {write(nearest[0])}?" if nearest else "Remove it."
        return f"{label} is not a setting. {hint}"
    if details["type"] == "missing":
        return f"{label} is not set: {MAKE_KEY if name == 'secret_key' else 'it is required.'}"
    return f"{label}: {_plain(details)}."


def _plain(details: ErrorDetails) -> str:
    if details["type"] == "int_parsing":
        return "it must be a whole number"
    if details["type"].startswith("bool"):
        return "it must be true or false"
    message = details["msg"].removeprefix("Value error, ").removesuffix(".")
    return message.replace("Input should be", "it must be")

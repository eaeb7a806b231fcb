"""Commands and settings that the files of `deploy` name must exist."""

from collections.abc import Iterable, Sequence

from server.cli import build_parser
from server.core.settings import Settings


def command_exists(arguments: Sequence[str]) -> bool:
    """Whether `portal-server` accepts these arguments."""
    try:
        build_parser().parse_args(arguments)
    except SystemExit:
        return False
    return True


def unknown_settings(variables: Iterable[str]) -> set[str]:
    """Return the variables that are no setting; a secret may come from a file."""
    names = {f"PORTAL_{name.upper()}" for name in Settings.model_fields}
    return {name for name in variables if name.removesuffix("_FILE") not in names}

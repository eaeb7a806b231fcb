"""The programs `portal` and `portal-server`: they check the installation, then start.

`tui`, `server` and `shared` are common names, which other distributions use too. This module has a
name of its own, so that it can say so.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

EXIT_FAILURE = 2
NAMES = ("tui", "server", "shared")
ROOT = Path(__file__).resolve().parent
OWN_ENVIRONMENT = (
    "The portal needs an environment of its own: `uv tool install professional-portal` or `pipx "
    "install professional-portal` makes one."
)
NO_SERVER = (
    "The server is not installed here ({} is missing): pip install 'professional-portal[server]', "
    "or [server,postgres] for PostgreSQL."
)
MARK = b"Professional Portal"
"""In the first line of each of our packages."""


def portal() -> int:
    """Run the client and return the exit code."""
    if problem := _find_conflict():
        print(problem, file=sys.stderr)
        return EXIT_FAILURE
    from tui.cli import main

    return main()


def portal_server() -> int:
    """Run the server's command line and return the exit code."""
    if problem := _find_conflict():
        print(problem, file=sys.stderr)
        return EXIT_FAILURE
    try:
        from server.cli import main
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in NAMES:
            raise
        print(NO_SERVER.format(error.name), file=sys.stderr)
        return EXIT_FAILURE
    return main()


def _find_conflict() -> str | None:
    """Return a sentence if another distribution has packages of the same names here."""
    for name in NAMES:
        spec = find_spec(name)
        file = Path(spec.origin).resolve() if spec and spec.origin else None
        if file != ROOT / name / "__init__.py":
            other = f"{file.parent} is found instead" if file else "it is missing"
            return f"The portal's package {name} can't be used: {other}. {OWN_ENVIRONMENT}"
        if MARK not in file.read_bytes():
            return f"Another program has replaced the portal's package {name}. {OWN_ENVIRONMENT}"
    return None

"""The commands and files of docs/running.md, as a script for a new machine."""

import re
import shlex
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/running.md"
COMMANDS = re.compile(r"^```sh\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(
    r"^(?P<verb>Add|Write) [^`]*`(?P<path>/[^`]+)`[^:`]*(?:\[[^\]]*\]\([^)]*\)\))?:?[^`]*"
    r"^```\w+\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


def make_script(changes: dict[str, str]) -> str:
    """Return a shell script of the page, with some of its texts replaced.

    Blocks marked `sh` are commands. A block after "Write this to `FILE`" or "Add your settings to
    `FILE`" is the content of a file. Each text to be replaced must be on the page.
    """
    page = PAGE.read_text()
    steps = {match.start("commands"): match["commands"] for match in COMMANDS.finditer(page)}
    for match in FILE.finditer(page):
        redirect = ">>" if match["verb"] == "Add" else ">"
        steps[match.start("text")] = (
            f"printf %s {shlex.quote(match['text'])} {redirect} {match['path']}\n"
        )
    script = "set -eux\n" + "".join(steps[start] for start in sorted(steps))
    for old, new in changes.items():
        assert old in script, old
        script = script.replace(old, new)
    return script

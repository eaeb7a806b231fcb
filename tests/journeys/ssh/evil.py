"""Programs, modules and variables that leave a file behind if they have any effect."""

from pathlib import Path

MODULE = "raise SystemExit(open('{witness}', 'w'))\n"


class Evil:
    """What a person may prepare to get out of the portal; `witnesses` stays empty if all fails."""

    def __init__(self, folder: Path) -> None:
        self.witnesses = folder / "witnesses"
        self.witnesses.mkdir()
        self._folder = folder / "evil"
        settings = self._folder / "professional-portal" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text('server = "http://evil.example"\ncolours = "light"\n')
        for name in ("evil", "sitecustomize", "usercustomize", "textual"):
            file = self._folder / f"{name}.py"
            file.write_text(MODULE.format(witness=self.witnesses / name))
        program = self._folder / "program"
        program.write_text(f"#!/bin/sh\ntouch {self.witnesses}/program\n")
        program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make Python, Textual or libraries load code or write files."""
        folder, witnesses = str(self._folder), str(self.witnesses)
        program = f"{folder}/program"
        return {
            "PYTHONPATH": folder,
            "PYTHONUSERBASE": folder,
            "PYTHONSTARTUP": f"{folder}/evil.py",
            "PYTHONINSPECT": "1",
            "PYTHONBREAKPOINT": "evil.open",
            "PYTHON_KEYRING_BACKEND": "evil.Keyring",
            "TEXTUAL_DRIVER": "evil:Driver",
            "TEXTUAL_LOG": f"{witnesses}/textual-log",
            "TEXTUAL_DEBUG": "1",
            "TEXTUAL_ALLOW_SIGNALS": "1",
            "TEXTUAL_PRESS": "ctrl+q",
            "TEXTUAL_SCREENSHOT": "0",
            "TEXTUAL_SCREENSHOT_LOCATION": witnesses,
            "PORTAL_SERVER": "http://evil.example",
            "XDG_CONFIG_HOME": folder,
            "XDG_STATE_HOME": witnesses,
            "HTTP_PROXY": "http://evil.example",
            "SSLKEYLOGFILE": f"{witnesses}/keys",
            "EDITOR": program,
            "VISUAL": program,
            "PAGER": program,
            "BROWSER": program,
            "HOME": witnesses,
        }

"""The programs say what is missing or in the way, instead of a traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import professional_portal

SOURCE = Path(professional_portal.__file__).parent


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Folder that stands for site-packages, with the portal in it."""
    shutil.copy(SOURCE / "professional_portal.py", tmp_path)
    for name in professional_portal.NAMES:
        (tmp_path / name).mkdir()
        shutil.copy(SOURCE / name / "__init__.py", tmp_path / name)
    (tmp_path / "tui" / "cli.py").write_text("def main():\n    print('started')\n    return 0\n")
    # The first import of the real one needs a library of the server, as here.
    (tmp_path / "server" / "cli.py").write_text("import a_library_of_the_server\n")
    return tmp_path


def run(site: Path, program: str, *path: Path) -> tuple[int, str, str]:
    """Run a program in a folder of packages; `path` comes before it."""
    command = f"import sys, professional_portal; sys.exit(professional_portal.{program}())"
    result = subprocess.run(
        [sys.executable, "-S", "-c", command],
        env={"PYTHONPATH": os.pathsep.join(map(str, [*path, site]))},
        cwd=site.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def test_missing_extra_is_named(site: Path) -> None:
    assert run(site, "portal") == (0, "started\n", "")
    code, _, error = run(site, "portal_server")
    assert code == 2
    assert len(error.splitlines()) == 1
    assert "pip install 'professional-portal[server]'" in error
    assert "a_library_of_the_server" in error


def test_error_of_our_own_is_not_hidden(site: Path) -> None:
    (site / "server" / "cli.py").write_text("import server.none\n")
    code, _, error = run(site, "portal_server")
    assert (code, "No module named 'server.none'" in error) == (1, True)


@pytest.mark.parametrize("program", ["portal", "portal_server"])
@pytest.mark.parametrize("name", professional_portal.NAMES)
def test_package_of_another_program_is_refused(site: Path, program: str, name: str) -> None:
    before = site.parent / f"before-{site.name}-{name}"
    (before / name).mkdir(parents=True)
    (before / name / "__init__.py").touch()
    code, _, error = run(site, program, before)
    assert code == 2
    assert len(error.splitlines()) == 1
    assert str(before / name) in error
    assert "environment of its own" in error


def test_replaced_package_is_refused(site: Path) -> None:
    (site / "shared" / "__init__.py").write_text("")
    code, _, error = run(site, "portal")
    assert code == 2
    assert error.startswith("Another program has replaced the portal's package shared.")

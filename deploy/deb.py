"""Make the Debian package: `python -m deploy.deb [FOLDER]`, by default in `dist`.

It needs dpkg-deb, uv and Debian's Python, for whose version the package is made.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

NAME = "professional-portal"
DEPLOY = Path(__file__).parent
ROOT = DEPLOY.parent
PYTHON = "/usr/bin/python3"
ENVIRONMENT = Path("usr/lib", NAME)
SSHD = Path("usr/share", NAME, "sshd")
SCRIPTS = ("postinst", "prerm", "postrm")


def main() -> None:
    """Make the package, and print its path."""
    os.umask(0o022)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="deb-") as work:
        tree = Path(work)
        tree.chmod(0o755)
        add_files(tree)
        add_environment(tree)
        print(pack(tree, folder))


def add_files(tree: Path) -> None:
    """Add all files but the Python environment."""
    _copy(DEPLOY / "portal.toml", tree / "etc" / NAME / "portal.toml", mode=0o640)
    shutil.copytree(DEPLOY / "systemd", tree / "usr/lib/systemd/system", symlinks=True)
    _copy(DEPLOY / "debian/portal-server", tree / "usr/bin/portal-server", mode=0o755)
    for file in (DEPLOY / "sshd").iterdir():
        mode = 0o755 if file.name == "portal-shell" else 0o644
        content = file.read_text().replace("/opt/professional-portal", f"/{ENVIRONMENT}")
        _write(content, tree / SSHD / file.name, mode=mode)
    (tree / "usr/bin/portal").symlink_to(f"../lib/{NAME}/bin/portal")
    _copy(ROOT / "LICENSE", tree / "usr/share/doc" / NAME / "copyright")
    _copy(ROOT / "CHANGELOG.md", tree / "usr/share/doc" / NAME / "CHANGELOG.md")
    for script in SCRIPTS:
        _copy(DEPLOY / "debian" / script, tree / "DEBIAN" / script, mode=0o755)
    # The man pages and the shells' completion.
    subprocess.run([sys.executable, "-m", "deploy.manuals", tree / "usr/share"], check=True)


def add_environment(tree: Path) -> None:
    """Add the virtual environment with the client and the server, at the versions of the lock."""
    environment = tree / ENVIRONMENT
    uv = os.environ.get("UV") or "uv"
    python = ("--quiet", "--python", PYTHON)
    extras = ("--extra", "server", "--extra", "postgres", "--extra", "ssh")
    subprocess.run([uv, "venv", *python, "--relocatable", environment], check=True)
    # uv would use a wheel of the portal from its cache, made before the last changes.
    fresh = ("--reinstall-package", NAME)
    subprocess.run(
        [uv, "sync", *python, "--frozen", "--no-dev", "--no-editable", *fresh, *extras],
        cwd=ROOT,
        env=os.environ
        | {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_LINK_MODE": "copy"}
        | {"UV_COMPILE_BYTECODE": "0"},
        check=True,
    )
    # What uv leaves there for itself, and the name of the folder from which the package was made.
    for file in (
        *(environment / name for name in (".lock", ".gitignore", "CACHEDIR.TAG")),
        *environment.rglob("direct_url.json"),
    ):
        file.unlink()
    # Only root may write in the folder, so Python could not store what it compiles.
    options = ("-qq", "-s", str(tree), "-p", "/", "--invalidation-mode", "unchecked-hash")
    # It fails for files that are no Python of this version, such as templates in libraries.
    subprocess.run([PYTHON, "-m", "compileall", *options, environment / "lib"], check=False)


def pack(tree: Path, folder: Path) -> Path:
    """Pack a tree into a package in a folder, and return its path."""
    configuration = [path for path in tree.glob("etc/**/*") if path.is_file()]
    (tree / "DEBIAN/conffiles").write_text(
        "".join(f"/{path.relative_to(tree)}\n" for path in configuration)
    )
    fields = control_fields()
    size = sum(path.lstat().st_size for path in tree.rglob("*")) // 1024
    control = Template((DEPLOY / "debian/control").read_text()).substitute(fields, size=size)
    (tree / "DEBIAN/control").write_text(control)
    file = folder / f"{NAME}_{fields['version']}_{fields['architecture']}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", tree, file],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return file


def control_fields() -> dict[str, str]:
    """Return the version and architecture of the package, and the Python that it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = _run(PYTHON, "-c", "import sys; print(*sys.version_info[:2])").split()
    major, minor = (int(part) for part in version)
    return {
        "version": debian_version(project["version"]),
        "architecture": _run("dpkg", "--print-architecture"),
        "python": f"{major}.{minor}",
        "next_python": f"{major}.{minor + 1}",
    }


def debian_version(version: str) -> str:
    """Return a version of Python's, such as 1.0rc1, as one that dpkg sorts before 1.0."""
    return re.sub(r"\.?(a|b|rc|dev)(?=\d)", r"~\1", version)


def _copy(source: Path, target: Path, *, mode: int = 0o644) -> None:
    _write(source.read_text(), target, mode=mode)


def _write(content: str, target: Path, *, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)
    target.chmod(mode)


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()

"""The container image and its compose file name only what exists, and confine the server."""

import json
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from fastapi import FastAPI

from deploy.deb import DEPLOY, ROOT
from server.core.settings import Settings
from tests.deploy.commands import command_exists, unknown_settings

TIMEOUT_SECONDS = 10.0
HEALTH_PORT = "8765"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The instructions of the image, each with what follows it."""
    lines = (DEPLOY / "Containerfile").read_text().replace("\\\n", "").splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in pairs]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets that the script makes."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(DEPLOY / "make-secrets", folder)
    subprocess.run([folder / "make-secrets"], check=True)
    return folder / "secrets"


def variables(file: Path) -> dict[str, str]:
    """Return what a file of variables sets."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def values(instructions: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for instruction, rest in instructions if instruction == name]


def test_image_copies_files_that_exist(instructions: list[tuple[str, str]]) -> None:
    copies = [rest.split() for rest in values(instructions, "COPY") if "--from" not in rest]
    sources = {source for *names, _ in copies for source in names}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    license_files, readme = project["project"]["license-files"], project["project"]["readme"]
    assert sources == {"pyproject.toml", "uv.lock", readme, *license_files, *wheel}
    assert {source for source in sources if not (ROOT / source).exists()} == set()
    included = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    assert included == sources


def test_image_runs_a_command_that_exists(instructions: list[tuple[str, str]]) -> None:
    [entry], [command] = values(instructions, "ENTRYPOINT"), values(instructions, "CMD")
    assert json.loads(entry) == ["portal-server"]
    assert command_exists(json.loads(command))


def test_image_sets_settings_that_exist(instructions: list[tuple[str, str]]) -> None:
    names = set(re.findall(r"(PORTAL_\w+)=", " ".join(values(instructions, "ENV"))))
    assert len(names) == 2
    assert unknown_settings(names) == set()


def test_image_is_not_run_by_root(instructions: list[tuple[str, str]]) -> None:
    names = [name for name, _ in instructions]
    [user] = values(instructions, "USER")
    assert user == "10001"
    assert f"--uid {user}" in " ".join(values(instructions, "RUN"))
    assert names.index("USER") < names.index("ENTRYPOINT")


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    """Port of a real server."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(TIMEOUT_SECONDS)


def test_health_check_asks_the_server(instructions: list[tuple[str, str]], port: int) -> None:
    [check] = values(instructions, "HEALTHCHECK")
    program, *arguments = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    assert values(instructions, "EXPOSE") == [HEALTH_PORT]
    command = [sys.executable, *(text.replace(HEALTH_PORT, str(port)) for text in arguments)]
    assert subprocess.run(command).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = str(unused.getsockname()[1])
    command = [sys.executable, *(text.replace(HEALTH_PORT, closed) for text in arguments)]
    assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 1


def test_compose_sets_settings_and_runs_commands_that_exist(compose: dict[str, Any]) -> None:
    for name in ("portal", "migrate"):
        service = compose["services"][name]
        names = {key for key in service["environment"] if key.startswith("PORTAL_")}
        assert unknown_settings(names) == set()
        assert command_exists(service.get("command", ["serve"]))


def test_compose_confines_the_server(compose: dict[str, Any]) -> None:
    for name in ("portal", "migrate"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["user"] == "10001"
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    [published] = [rest["ports"] for rest in compose["services"].values() if "ports" in rest]
    assert published == ["127.0.0.1:8765:8765"]


def test_compose_starts_each_service_after_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["database"]["image"].endswith("/postgres:18")
    for service in services.values():
        for name, needed in service.get("depends_on", {}).items():
            is_healthy = needed["condition"] == "service_healthy"
            assert is_healthy == ("test" in services[name].get("healthcheck", {}))


def test_compose_keeps_secrets_in_files(compose: dict[str, Any], secrets: Path) -> None:
    files = {Path(secret["file"]) for secret in compose["secrets"].values()}
    files |= {Path(rest["env_file"]) for rest in compose["services"].values() if "env_file" in rest}
    assert {secrets.parent / file for file in files} == set(secrets.iterdir())
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    for service in compose["services"].values():
        for name in service.get("secrets", []):
            assert f"/run/secrets/{name}" in service["environment"].values()
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_secrets_fit_together(compose: dict[str, Any], secrets: Path) -> None:
    password = (secrets / "database_password").read_text()
    url = (secrets / "database_url").read_text()
    key = (secrets / "secret_key").read_text()
    environment = compose["services"]["database"]["environment"]
    user, name = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    assert url == f"postgresql://{user}:{password}@database/{name}"
    assert Settings(secret_key=key, database_url=url).database == url
    portal, garage = (variables(secrets / name) for name in ("portal.env", "garage.env"))
    assert portal["AWS_ACCESS_KEY_ID"] == garage["GARAGE_DEFAULT_ACCESS_KEY"]
    assert portal["AWS_SECRET_ACCESS_KEY"] == garage["GARAGE_DEFAULT_SECRET_KEY"]
    assert len({password, key, *garage.values()}) == 5
    assert portal.keys() == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_file_of_settings_shows_some_that_compose_does_not_override(
    compose: dict[str, Any], secrets: Path
) -> None:
    shown = re.findall(r"^# (\w+)=", (secrets / "portal.env").read_text(), re.MULTILINE)
    assert {"PORTAL_MAIL_USER", "PORTAL_MAIL_PASSWORD", "PORTAL_CLAMD"} <= set(shown)
    assert unknown_settings(shown) == set()
    services = compose["services"]
    assert services["portal"]["env_file"] == services["migrate"]["env_file"] == "secrets/portal.env"
    assert services["portal"]["environment"].keys().isdisjoint(shown)


def test_commands_of_the_page_exist_and_start_no_other_container() -> None:
    page = (ROOT / "docs/deploying.md").read_text()
    runs = re.findall(r"docker compose run (--.*? )portal( [a-z].*)?$", page, re.MULTILINE)
    commands = [command.split() for _, command in runs if command and "…" not in command]
    assert len(commands) == 4
    assert [command for command in commands if not command_exists(command)] == []
    assert all("--no-deps " in options for options, _ in runs)


def test_secrets_are_made_once(secrets: Path) -> None:
    script = secrets.parent / "make-secrets"
    key = (secrets / "secret_key").read_text()
    result = subprocess.run([script], capture_output=True, text=True)
    assert result.returncode == 2
    assert "exists already" in result.stderr
    assert (secrets / "secret_key").read_text() == key

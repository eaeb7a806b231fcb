"""Caddy and nginx as processes, with the project's own configuration files."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from shared.values.days import utc_now
from tests.running import RETRY_SECONDS, TIMEOUT_SECONDS, find_free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "localhost"


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def replace_all(text: str, changes: dict[str, str]) -> str:
    """Replace each text, which must be in the file."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def configure_caddy(folder: Path, port: int, server_port: int) -> list[str]:
    """Write Caddy's configuration and return its command."""
    certificate, key = write_certificate(folder)
    text = (DEPLOY / "caddy" / "Caddyfile").read_text()
    changes = {
        "portal.example {": f"{NAME}:{port} {{\n\ttls {certificate} {key}",
        "proxy 127.0.0.1:8765": f"proxy 127.0.0.1:{server_port}",
    }
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    file = folder / "Caddyfile"
    file.write_text(options + replace_all(text, changes))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


def configure_nginx(folder: Path, port: int, server_port: int) -> list[str]:
    """Write nginx's configuration and return its command."""
    certificate, key = write_certificate(folder)
    text = (DEPLOY / "nginx" / "professional-portal.conf").read_text()
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{find_free_port()}",
        "server_name portal.example": f"server_name {NAME}",
        "/etc/ssl/portal.example.pem": str(certificate),
        "/etc/ssl/private/portal.example.key": str(key),
        "server 127.0.0.1:8765": f"server 127.0.0.1:{server_port}",
    }
    site, file = folder / "site.conf", folder / "nginx.conf"
    site.write_text(replace_all(text, changes))
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file.write_text(
        f"daemon off;\npid {folder / 'nginx.pid'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {site};\n}}\n"
    )
    return ["nginx", "-e", str(folder / "error.log"), "-c", str(file)]


PROXIES = {"caddy": configure_caddy, "nginx": configure_nginx}


@contextmanager
def run_proxy(name: str, folder: Path, server_port: int) -> Iterator[httpx.Client]:
    """Run a proxy with TLS, and yield a client at another address than the proxy's."""
    port = find_free_port()
    command = PROXIES[name](folder, port, server_port)
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(folder)}
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    transport = httpx.HTTPTransport(
        verify=httpx.create_ssl_context(verify=str(folder / "certificate.pem")),
        local_address="127.0.0.2",
    )
    url = f"https://{NAME}:{port}"
    try:
        with httpx.Client(base_url=url, transport=transport, timeout=30) as client:
            end = monotonic() + TIMEOUT_SECONDS
            while True:
                try:
                    client.get("/v1/health").raise_for_status()
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, (folder / "proxy.log").read_text()
                    assert monotonic() < end, (folder / "proxy.log").read_text()
                    wait_a_moment(process)
            yield client
    finally:
        process.terminate()
        process.wait(TIMEOUT_SECONDS)


def wait_a_moment(process: subprocess.Popen[bytes]) -> None:
    """Wait a moment, or until the process has ended."""
    try:
        process.wait(RETRY_SECONDS)
    except subprocess.TimeoutExpired:
        return

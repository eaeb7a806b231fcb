"""An OpenID Connect provider that tests run, and the browser that signs in by it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from re import search
from threading import Event
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from oidc_provider_mock._server import _threaded_server
from werkzeug.test import run_wsgi_app

NAME, LABEL, OFFICER_ROLE = "council", "Leicester sign-in", "Portal.Officer"
SUBJECT = "2f0c52c7"
EMAIL = "ada.quill@leicester.example"
CLIENT_ID, CLIENT_SECRET = "the-portal", "a secret: with / odd % characters"
HELD_SECONDS = 60


class Provider:
    """The provider of oidc-provider-mock, which also requires PKCE and misbehaves when told to.

    It signs ID tokens by its own key, with `changes` to their claims.
    """

    def __init__(self) -> None:
        self._app = oidc_provider_mock.app()
        self._challenges: dict[str, str] = {}
        self.url = ""
        self.now: Callable[[], float] = time
        self.changes: dict[str, object] = {}
        self.metadata: dict[str, object] = {}
        """Changes to the discovery document."""
        self.algorithm, self.signing_key = "RS256", self.rotate_key()
        self.is_down = False
        self.odd_answer: object = None
        """JSON with which every request is refused instead."""
        self.without_email = False
        """Whether only userinfo tells the email, not the ID token."""
        self.released = Event()
        """Cleared while the provider does not answer."""
        self.released.set()
        self.requests: list[str] = []
        self.client_auth: list[str] = []

    def rotate_key(self) -> RSAKey:
        """Replace the key that signs ID tokens, under a new id."""
        self._key = RSAKey.generate_key(
            2048, parameters={"kid": hashlib.sha1(str(time()).encode()).hexdigest()}
        )
        self.signing_key = self._key
        return self._key

    def set_user(self, subject: str = SUBJECT, **claims: Any) -> None:
        """Add or replace a person of the directory."""
        defaults = {
            "email": EMAIL,
            "email_verified": True,
            "given_name": "Ada",
            "family_name": "Quill",
            "roles": [OFFICER_ROLE],
        }
        reply = httpx.put(f"{self.url}/users/{subject}", json=defaults | claims, verify=False)
        reply.raise_for_status()

    def revoke(self, subject: str = SUBJECT) -> None:
        """Revoke a person's tokens, as when they leave."""
        httpx.post(f"{self.url}/users/{subject}/revoke-tokens", verify=False).raise_for_status()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request (WSGI)."""
        path = environ["PATH_INFO"]
        self.requests.append(path)
        self.released.wait(HELD_SECONDS)
        if self.is_down:
            start_response("503 Service Unavailable", [("Content-Type", "text/html")])
            return [b"<h1>Maintenance</h1>"]
        if self.odd_answer is not None:
            return _reply(start_response, "400 Bad Request", self.odd_answer)
        form = self._read_form(environ)
        if path == "/oauth2/token":
            self.client_auth.append(environ.get("HTTP_AUTHORIZATION", ""))
            if not self._verifier_matches(form):
                return _reply(start_response, "400 Bad Request", {"error": "invalid_grant"})
        if path == "/jwks":
            return _reply(start_response, "200 OK", KeySet([self._key]).as_dict(private=False))
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        content = b"".join(body)
        if path == "/oauth2/authorize" and "Location" in headers:
            query = parse_qs(environ["QUERY_STRING"])
            assert query["code_challenge_method"] == ["S256"]
            for code in parse_qs(urlsplit(headers["Location"]).query).get("code", []):
                self._challenges[code] = query["code_challenge"][0]
            if "state=" not in headers["Location"]:  # the package leaves it out of errors
                headers["Location"] += f"&state={query['state'][0]}"
        if path == "/.well-known/openid-configuration":
            return _reply(start_response, status, json.loads(content) | self.metadata)
        if path == "/oauth2/token" and status.startswith("200"):
            return _reply(start_response, status, self._sign(json.loads(content)))
        start_response(status, list(headers))
        return [content]

    @staticmethod
    def _read_form(environ: dict[str, Any]) -> dict[str, str]:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(content)
        return {name: values[0] for name, values in parse_qs(content.decode()).items()}

    def _verifier_matches(self, form: dict[str, str]) -> bool:
        if form["grant_type"] != "authorization_code":
            return True
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self._challenges.get(form["code"]) == challenge

    def _sign(self, token: dict[str, Any]) -> dict[str, Any]:
        """Sign the ID token anew; a refreshed one repeats the claims of the first."""
        if "id_token" in token:
            payload = token["id_token"].split(".")[1]
            self._claims = json.loads(_decode(payload))
        now = int(self.now())
        claims = self._claims | {"iat": now, "exp": now + 3600} | self.changes
        claims.pop("at_hash", None)
        if self.without_email:
            claims.pop("email", None)
        header = {"alg": self.algorithm, "kid": self._key.kid}
        registry = JWSRegistry(algorithms=[self.algorithm])
        token["id_token"] = jwt.encode(header, claims, self.signing_key, registry=registry)
        return token


def _decode(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _reply(start_response: Any, status: str, content: object) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]


def shared_secret_key() -> OctKey:
    """Return the key of a token that is authenticated by the client's secret."""
    return OctKey.import_key(CLIENT_SECRET)


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Run a provider on a free port."""
    provider = Provider()
    with _threaded_server(provider) as server:
        provider.url = f"http://localhost:{server.server_port}"
        provider.set_user()
        yield provider
        provider.released.set()


def provider_settings(provider: Provider, **changes: object) -> dict[str, object]:
    """Build the portal's settings for a provider, as in PORTAL_PROVIDERS."""
    return {
        "name": NAME,
        "label": LABEL,
        "issuer": provider.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "users": "staff",
        "officer": OFFICER_ROLE,
        "support": "Portal.Support",
    } | changes


class Browser:
    """A browser that opens a sign-in's URL and signs in at the provider.

    `portal` reaches the portal.
    """

    def __init__(self, portal: httpx.Client) -> None:
        self._portal = portal
        self._web = httpx.Client(verify=False)

    def open(self, url: str) -> httpx.Response:
        """Open a page of the portal without following a redirect."""
        return self._portal.get(_path(url), follow_redirects=False)

    def sign_in(self, authorization_url: str, subject: str = SUBJECT, action: str = "") -> str:
        """Sign in at the provider and return the URL that it sends the browser to."""
        assert self._web.get(authorization_url).is_success
        form = {"action": action} if action else {"sub": subject}
        reply = self._web.post(authorization_url, data=form)
        assert reply.is_redirect, reply.text
        return str(reply.headers["Location"])

    def come_back(self, url: str, subject: str = SUBJECT) -> httpx.Response:
        """Open a sign-in's URL, sign in, and return the page of the portal."""
        redirect = self.open(url)
        assert redirect.status_code == 303, redirect.text
        return self.open(self.sign_in(redirect.headers["Location"], subject))

    def number(self, url: str, subject: str = SUBJECT) -> str:
        """Sign in and return the number that the portal's page shows."""
        return number_in(self.come_back(url, subject))


def number_in(page: httpx.Response) -> str:
    """Return the number on the last page of a sign-in."""
    match = search(r"(\d{3}) (\d{3})</p>", page.text)
    assert match, page.text
    return match[1] + match[2]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path

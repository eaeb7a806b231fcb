"""OpenID Connect: authorization code with PKCE, for the providers of the settings.

Nothing here uses the database, so no transaction waits for a provider.
"""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import structlog
import truststore
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import HttpUrl

from server.core.settings import Provider

log = structlog.get_logger()

TIMEOUT_SECONDS = 5.0
"""Time for one request to a provider, also if it answers byte by byte."""
LEEWAY_SECONDS = 120
"""Allowed difference between the provider's clock and this one."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures only: a token authenticated with the client secret, or unsigned, is rejected."""
REFUSALS = {
    "invalid_grant",
    "access_denied",
    "interaction_required",
    "login_required",
    "consent_required",
}
"""OAuth errors that are about the person; all others are the provider's or the settings'."""

Claims = dict[str, object]


class ProviderError(Exception):
    """The provider can't be reached, or what it answers can't be used."""


class ProviderRefusal(ProviderError):
    """The provider does not let this person sign in, or no longer."""


class Grant(NamedTuple):
    """What a provider says of a person; refreshing may bring no claims."""

    claims: Claims
    refresh_token: str | None


class ProviderClient:
    """Client of one provider; its discovery document and keys are fetched once."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._metadata: Claims | None = None
        self._keys: KeySet | None = None
        secure = provider.issuer.scheme == "https"
        # The system's certificates include those of an authority that inspects its traffic.
        self._verify = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if secure else False

    async def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, verifier: str
    ) -> str:
        """Return the URL at which a person signs in; raises ProviderError."""
        scopes = ["openid", "profile", "email"]
        if "offline_access" in self._list(await self._discover(), "scopes_supported"):
            scopes.append("offline_access")
        parameters = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        endpoint = await self._endpoint("authorization_endpoint")
        return str(add_params_to_uri(endpoint, list(parameters.items())))

    async def exchange(
        self, code: str, redirect_uri: str, verifier: str, nonce: str, now: datetime
    ) -> Grant:
        """Exchange a code for verified claims; raises ProviderRefusal or ProviderError."""
        token = await self._request_token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        claims = await self._verify_id_token(token, nonce, now)
        if "email" not in claims and "userinfo_endpoint" in await self._discover():
            claims |= await self._request_user_info(token, claims["sub"])
        return Grant(claims, _text(token, "refresh_token"))

    async def refresh(self, refresh_token: str, subject: str, now: datetime) -> Grant:
        """Ask whether a person may still sign in; raises ProviderRefusal or ProviderError."""
        token = await self._request_token(grant_type="refresh_token", refresh_token=refresh_token)
        claims: Claims = {}
        if "id_token" in token:
            claims = await self._verify_id_token(token, None, now)
            if claims["sub"] != subject:
                raise ProviderRefusal("another_subject")
        return Grant(claims, _text(token, "refresh_token") or refresh_token)

    async def _verify_id_token(self, token: Claims, nonce: str | None, now: datetime) -> Claims:
        options = {
            "iss": {"essential": True, "value": (await self._discover())["issuer"]},
            "aud": {"essential": True, "value": self._provider.client_id},
        }
        parameters = {
            "nonce": nonce,
            "client_id": self._provider.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            decoded = await self._decode(str(token.get("id_token")))
            claims = CodeIDToken(decoded.claims, decoded.header, options, parameters)
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            raise _unusable("id_token", error) from None
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise ProviderError
        return dict(claims)

    async def _decode(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, await self._load_keys(), registry=registry)
        except InvalidKeyIdError:  # the provider has changed its keys
            self._keys = None
            return jwt.decode(id_token, await self._load_keys(), registry=registry)

    async def _load_keys(self) -> KeySet:
        if self._keys is None:
            content: Any = await self._get(await self._endpoint("jwks_uri"))
            self._keys = KeySet.import_key_set(content)
        return self._keys

    async def _discover(self) -> Claims:
        if self._metadata is None:
            issuer = self._provider.issuer_url
            metadata = await self._get(f"{issuer}/.well-known/openid-configuration")
            if not _is_same_url(str(metadata.get("issuer")), issuer):
                log.error(
                    "provider_of_another_issuer",
                    provider=self._provider.name,
                    do="Correct the issuer of this provider in PORTAL_PROVIDERS.",
                )
                raise ProviderError
            self._metadata = metadata
        return self._metadata

    async def _endpoint(self, name: str) -> str:
        return str((await self._discover()).get(name))

    @staticmethod
    def _list(metadata: Claims, name: str) -> list[object]:
        value = metadata.get(name)
        return value if isinstance(value, list) else []

    async def _request_user_info(self, token: Claims, subject: object) -> Claims:
        headers = {"Authorization": f"Bearer {token.get('access_token')}"}
        claims = await self._get(await self._endpoint("userinfo_endpoint"), headers)
        return claims if claims.get("sub") == subject else {}

    async def _request_token(self, **form: str) -> Claims:
        methods = self._list(await self._discover(), "token_endpoint_auth_methods_supported")
        client_id = self._provider.client_id
        secret = self._provider.client_secret.get_secret_value()
        auth = None
        if "client_secret_post" in methods:
            form |= {"client_id": client_id, "client_secret": secret}
        else:
            auth = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
        endpoint = await self._endpoint("token_endpoint")
        content = await self._send("POST", endpoint, data=form, auth=auth)
        if (error := content.get("error")) is None:
            return content
        log.warning("provider_refused", provider=self._provider.name, error=str(error)[:40])
        raise ProviderRefusal if error in REFUSALS else ProviderError

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Claims:
        return await self._send("GET", url, headers=headers)

    async def _send(self, method: str, url: str, **options: Any) -> Claims:  # noqa: ANN401 - those of httpx
        """Send a request and return the JSON object of the reply, also of an OAuth error."""
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                httpx.AsyncClient(verify=self._verify, timeout=None) as client,  # noqa: S113 - above
            ):
                reply = await client.request(method, url, **options)
            content = reply.json()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise _unusable(url, error) from None
        if not isinstance(content, dict) or not (
            reply.is_success or (reply.is_client_error and "error" in content)
        ):
            log.warning("provider_failed", provider=self._provider.name, status=reply.status_code)
            raise ProviderError
        return content


def _unusable(what: str, error: Exception) -> ProviderError:
    log.warning("provider_unusable", what=what.partition("?")[0], kind=type(error).__name__)
    return ProviderError()


def _is_same_url(first: str, second: str) -> bool:
    """Compare two URLs, ignoring a final slash and the default port."""
    try:
        urls = {str(HttpUrl(url)).rstrip("/") for url in (first, second)}
    except ValueError:
        return False
    return len(urls) == 1


def _text(token: Claims, name: str) -> str | None:
    value = token.get(name)
    return value if isinstance(value, str) and value else None

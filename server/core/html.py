"""Browser pages, without scripts or cookies."""

import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from server.core.bodies import NUL, read_body
from server.core.problems import invalid
from server.core.routing import services_of

POLICY = (
    "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy of pages; the hash is that of their only style sheet."""
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


class Pages:
    """The templates of a package, each of which extends `page.html`."""

    def __init__(self, package: str) -> None:
        self._templates = Environment(
            loader=ChoiceLoader([PackageLoader(package), PackageLoader("server.core")]),
            autoescape=True,
            undefined=StrictUndefined,
        )
        source = PackageLoader("server.core").get_source(self._templates, "page.html")[0]
        digest = sha256("".join(_STYLE.findall(source)).encode()).digest()
        self._policy = POLICY.format(b64encode(digest).decode())

    def render(
        self, request: Request, name: str, status: int = 200, **context: object
    ) -> HTMLResponse:
        """Render a template as a page."""
        portal = services_of(request).settings.portal_name
        page = self._templates.get_template(f"{name}.html").render(portal=portal, **context)
        return HTMLResponse(page, status, headers={"Content-Security-Policy": self._policy})


async def read_form(request: Request, max_bytes: int) -> dict[str, str]:
    """Return the fields of a submitted HTML form, from at most `max_bytes`; raises INVALID."""
    # Parsing a body of the maximum size takes seconds.
    body = (await read_body(request))[:max_bytes]
    fields = parse_qs(body.decode(errors="replace"))
    if any(NUL in name + value for name, values in fields.items() for value in values):
        raise invalid([], "Some of what was sent can't be kept: take odd characters out.")
    return {name: values[0] for name, values in fields.items()}

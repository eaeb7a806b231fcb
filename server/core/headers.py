"""Headers of every response, against misuse in browsers."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""For responses that are not pages; pages set their own."""
STRICT_TRANSPORT_SECURITY = "max-age=31536000"

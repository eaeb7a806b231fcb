"""What the log says of a store or disk that refuses."""

import errno
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from obstore.exceptions import BaseError

from server.core.storage import describe_failure, open_store

REPLY = b"<Error><Code>AccessDenied</Code></Error>"


class Refusal(BaseHTTPRequestHandler):
    """S3 that denies access."""

    def do_PUT(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", str(len(REPLY)))
        self.end_headers()
        self.wfile.write(REPLY)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def refusing_s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", 0), Refusal) as server:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
            monkeypatch.setenv(name, "made-up")
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield
        server.shutdown()


def test_answer_of_the_store_is_described(refusing_s3: None) -> None:
    with pytest.raises(BaseError) as refusal:
        open_store("s3://bucket/prefix").put("key", b"content")
    described = describe_failure(refusal.value)
    assert described["status"] == 403
    assert "AccessDenied" in str(described["answer"])
    assert "key" not in str(described["answer"])


def test_error_of_the_disk_is_described() -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/folder/key")
    assert describe_failure(error) == {
        "errno": errno.ENOSPC,
        "answer": "No space left on device",
    }

"""Where the bytes of documents are kept: a local folder, S3, or memory, by their address."""

from pathlib import Path

from anyio import CapacityLimiter
from obstore.store import LocalStore, ObjectStore, from_url

PRIVATE = 0o700

STORE_THREADS = CapacityLimiter(16)
"""Whoever waits for the store waits here: the threads that answer all others are few."""


def open_store(url: str) -> ObjectStore:
    """Open the store at an address: file:///folder, s3://bucket/prefix or memory:///.

    S3's keys and endpoint come from the usual AWS_... environment variables. A local folder
    is made readable to its owner only, because the store writes its files readable to all.
    """
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(PRIVATE)
        return LocalStore(folder)
    return from_url(url)

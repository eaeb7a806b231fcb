"""Checks of pictures: their size in pixels is read without decoding them."""

import struct
from typing import BinaryIO

from server.documents.inspection.unsafe import SAVE_AGAIN, Unsafe, refuse_second_file

MAX_PIXELS = 50_000_000
MAX_SEGMENTS = 10_000  # a photo has a few hundred segments before its size

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the SOF markers of JPEG
_SCAN, _END = 0xDA, 0xD9


def is_bmp(head: bytes) -> bool:
    """Whether a file that starts with `head` is a BMP picture."""
    if len(head) < 26 or not head.startswith(b"BM"):
        return False
    pixels_at, header = struct.unpack_from("<II", head, 10)
    return header in _BMP_HEADERS and pixels_at >= 14 + header


def check_picture(file: BinaryIO, label: str) -> None:
    """Refuse a picture with too many pixels, or that is another file too; raises Unsafe."""
    refuse_second_file(file)
    file.seek(0)
    head = file.read(26)
    size = _jpeg_size(file) if head.startswith(JPEG) else _png_or_bmp_size(head)
    if size is None or 0 in size:
        raise Unsafe(f"says it is a {label}, but its width and height can't be read. {SAVE_AGAIN}")
    if size[0] * size[1] > MAX_PIXELS:
        raise Unsafe(f"has {size[0]:,} x {size[1]:,} pixels. Make it smaller, then choose it.")


def _png_or_bmp_size(head: bytes) -> tuple[int, int] | None:
    if head.startswith(PNG) and head[12:16] == b"IHDR" and len(head) >= 24:
        width, height = struct.unpack_from(">II", head, 16)
    elif is_bmp(head):
        has_short_header = head[14] == 12
        width, height = struct.unpack_from("<HH" if has_short_header else "<ii", head, 18)
    else:
        return None
    return abs(width), abs(height)  # a top-down BMP has a negative height


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    file.seek(2)
    for _ in range(MAX_SEGMENTS):
        head = file.read(9)  # FF, marker, length (2), precision, height (2), width (2)
        if len(head) < 9 or head[0] != 0xFF or head[1] in (_SCAN, _END):
            return None
        if head[1] in _FRAMES:
            height, width = struct.unpack_from(">HH", head, 5)
            return width, height
        length = int.from_bytes(head[2:4], "big")
        # FF before a marker is padding; a segment's length includes its own two bytes.
        file.seek(-8 if head[1] == 0xFF else length - 7, 1)
    return None

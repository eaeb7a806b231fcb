"""Small valid PDFs."""


def make_pdf(
    content: bytes = b"", *, catalog: bytes = b"", further: tuple[bytes, ...] = ()
) -> bytes:
    """Build a PDF with one page and a stream of `content`.

    `catalog` is added to the catalog's dictionary; `further` are the objects from number 5 on.
    """
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content),
        *further,
    ]
    file, positions = bytearray(b"%PDF-1.7\n"), []
    for number, text in enumerate(objects, 1):
        positions.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % position for position in positions)
    count = len(objects) + 1
    return (
        bytes(file)
        + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n" % (count, table)
        + (b"<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(file)))
    )


def make_pdf_of_size(size: int, fill: bytes = b"\0") -> bytes:
    """Build a PDF of exactly `size` bytes, filled by repeating `fill`."""
    room = size - len(make_pdf()) - 2 * len(str(size))  # its length is written twice
    return make_pdf((fill * (room // len(fill) + 1))[:room]).ljust(size, b"\n")


PDF = make_pdf()

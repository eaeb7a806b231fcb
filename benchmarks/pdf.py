"""PDFs to upload."""

import io

import pikepdf


def make_pdf(content: bytes) -> bytes:
    """Make a PDF with one page and a stream of `content`."""
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.Content = pdf.make_stream(content)
        pdf.save(buffer, compress_streams=False)
    return buffer.getvalue()

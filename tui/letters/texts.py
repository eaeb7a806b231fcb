"""A letter as text in the terminal."""

from __future__ import annotations

from textual.content import Content

from shared.letters import Letter


def letter_content(letter: Letter) -> Content:
    """Return a letter as it is printed, with its headings in bold."""
    head = [
        "\n".join([letter.council, *letter.sender]),
        "\n".join(letter.recipient),
        letter.day,
    ]
    parts = [
        Content("\n\n".join(head)),
        Content(letter.title).stylize("bold"),
        Content(letter.about),
    ]
    for block in letter.blocks:
        heading = Content(f"{block.heading}\n").stylize("bold") if block.heading else Content("")
        parts.append(heading + Content(block.text))
    parts.append(Content("\n".join(letter.signed)))
    if letter.copies:
        copies = "\n".join(f"• {copy}" for copy in letter.copies)
        parts.append(Content("Copies of this letter\n").stylize("bold") + Content(copies))
    return Content("\n\n").join(parts)

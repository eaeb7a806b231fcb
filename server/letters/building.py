"""How a letter reads, and what it lacks."""

from collections.abc import Iterator

from server.cases.texts import event_label
from server.letters.templates import OWN, words_in
from server.letters.words import (
    fill_words,
    identify_child,
    long_day,
    missing_setting,
    missing_words,
)
from server.letters.writing import Writing
from shared.letters import Letter, LetterBlock, Missing, MissingFrom


def build_letter(writing: Writing) -> Letter:
    """Return a letter as it reads now; what is missing stands in square brackets."""
    fields = writing.template.template.fields
    texts = {field.id: field.text.strip() for field in writing.fields()}
    words = fill_words(writing.facts, writing.settings) | {
        field.id: texts[field.id] for field in fields
    }
    optional = {field.id for field in fields if not field.required}
    shown = {
        name: text or ("" if name in optional else f"[{name.replace('_', ' ')}]")
        for name, text in words.items()
    }
    blocks = [
        LetterBlock(
            carries=part.carries,
            heading=part.heading.format_map(shown),
            text=part.text.format_map(shown).strip(),
        )
        if part
        else LetterBlock(carries="", heading="", text=texts[OWN])
        for part in writing.body
    ]
    settings = writing.settings
    return Letter(
        title=writing.template.template.title,
        council=settings.council,
        sender=_lines(settings.letters.address.replace(",", "\n")),
        recipient=[texts["to"] or "[name]", *(_lines(texts["address"]) or ["[address]"])],
        day=long_day(writing.today),
        about=identify_child(writing.person, writing.addressee),
        blocks=[block for block in blocks if block.text],
        signed=[writing.author, settings.council],
        copies=_lines(texts["copies"]),
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def find_missing(writing: Writing) -> list[Missing]:
    """List what a letter lacks, each with where it is put right."""
    missing = list(_missing_in_case(writing))
    for field in writing.fields():
        if field.required and not field.text.strip():
            text = f"{field.label}: not entered yet."
            missing.append(Missing(where=MissingFrom.LETTER, text=text, field=field.id))
        elif field.id == "decided_on" and writing.decided_on is None:
            text = f"{field.label}: enter it as dd/mm/yyyy, today or in the past."
            missing.append(Missing(where=MissingFrom.LETTER, text=text, field=field.id))
        elif field.id == "reply_by" and writing.reply_by is None:
            text = f"{field.label}: enter it as dd/mm/yyyy, after today."
            missing.append(Missing(where=MissingFrom.LETTER, text=text, field=field.id))
    if not writing.settings.letters.address.strip():
        missing.append(missing_setting("The authority's address", "address"))
    words = fill_words(writing.facts, writing.settings)
    return missing + missing_words(words_used(writing), words)


def words_used(writing: Writing) -> set[str]:
    """Return the words in braces that the template uses for this child."""
    return {word for part in writing.body if part for word in words_in(part.heading + part.text)}


def _missing_in_case(writing: Writing) -> Iterator[Missing]:
    events = writing.template.template.events
    if events and writing.event is None:
        born, today = writing.person.born, writing.today
        labels = " or ".join(f"“{event_label(kind, born, today)}”" for kind in events)
        text = f"The case has no {labels}. Record it on the case first."
        yield Missing(where=MissingFrom.CASE, text=text)

"""Who made a family's request, as it stands within a sentence."""

from datetime import date

import pytest

from shared.forms.copy import received_text, within_sentence


@pytest.mark.parametrize(
    ("asked_by", "text"),
    [
        ("The mother, by letter", "the mother, by letter"),
        ("His father, Ivo Larkspur.", "his father, Ivo Larkspur"),
        ("A grandmother", "a grandmother"),
        ("A Smith", "A Smith"),
        ("An Nguyen", "An Nguyen"),
        ("An aunt", "an aunt"),
        ("the family", "the family"),
        ("Lena Larkspur, by phone", "Lena Larkspur, by phone"),
        ("Theodora Wren", "Theodora Wren"),
        ("", ""),
    ],
)
def test_only_an_article_or_pronoun_at_the_beginning_is_written_small(
    asked_by: str, text: str
) -> None:
    assert within_sentence(asked_by) == text
    assert received_text(date(2026, 3, 2), asked_by) == f"received 02/03/2026 from {text}"

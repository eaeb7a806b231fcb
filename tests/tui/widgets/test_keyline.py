import pytest

from tui.widgets.keyline import key_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ctrl+s", "Ctrl+S"),
        ("f12", "F12"),
        ("escape", "Esc"),
        ("shift+tab", "Shift+Tab"),
        ("slash", "/"),
        ("a", "a"),
        ("ctrl+shift+home", "Ctrl+Shift+Home"),
        ("up,k", "Up"),
    ],
)
def test_key_names_match_keyboards(key: str, name: str) -> None:
    assert key_name(key) == name

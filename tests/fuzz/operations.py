"""Random operations on a long text: keys, mouse, focus and resizing."""

from random import Random

Operation = tuple[str, object]
"""An operation's kind and argument."""

SIMPLE_PIECES = ["a", "of", "word", "well-known", "x" * 30, " ", "  ", "語", "語" * 12, "é", "\n"]
COMPLEX_PIECES = [
    *(
        "❤️",
        "👩\u200d👩\u200d👧",
        "👍🏽",
        "🇬🇧",
        "🇬🇧🇫🇷🇩🇪",
        "1️⃣",
        "e\u0301",
        "\u0301",
        "\u200d",
        "\ufe0f",
    ),
    *("👩", "\U0001f1ec", "שלום", "سلام", "\u200fשלום", "क्षि", "한", "\u1112\u1161\u11ab", "\t"),
    *("❤️" * 15, "🏳️\u200d🌈" * 9, "a\u0300\u0301\u0302", "\u200b", "\u3000", "\xa0", "ي\u200d"),
]
KEYS = [
    *("enter", "backspace", "delete", "left", "right", "up", "down", "home", "end"),
    *("ctrl+home", "ctrl+end", "pageup", "pagedown", "ctrl+left", "ctrl+right", "ctrl+w"),
    *("shift+left", "shift+right", "shift+up", "shift+down", "shift+home", "shift+end"),
    *("ctrl+a", "ctrl+x", "ctrl+c", "ctrl+v", "ctrl+z", "ctrl+y", "ctrl+k", "ctrl+u"),
]
FREQUENT_KEYS = ["enter", "enter", "backspace", "delete", "left", "right", "up", "down"]
MAX_LENGTH = 24


def generate_operations(random: Random) -> list[Operation]:
    """Generate a random sequence; half of all sequences use only simple characters."""
    pieces = SIMPLE_PIECES + COMPLEX_PIECES if random.random() < 0.5 else SIMPLE_PIECES
    operations: list[Operation] = [("load", _random_text(random, pieces, 12))]
    for _ in range(random.randint(4, MAX_LENGTH)):
        operation = _random_operation(random, pieces)
        if random.random() < 0.1:
            operation = ("at once", (operation, _random_operation(random, pieces)))
        operations.append(operation)
    return operations


def _random_text(random: Random, pieces: list[str], max_pieces: int) -> str:
    parts = (random.choice(pieces) for _ in range(random.randint(0, max_pieces)))
    return random.choice(["", " "]).join(parts)


def _random_operation(random: Random, pieces: list[str]) -> Operation:
    kinds = ["type", "key", "often", "paste", "load", "click", "drag", "wheel", "resize"]
    kinds += ["blur", "focus", "blink", "cover"]
    weights = [25, 30, 15, 5, 2, 5, 4, 4, 8, 2, 4, 3, 3]
    kind = random.choices(kinds, weights)[0]
    match kind:
        case "type":
            return "type", random.choice(pieces)
        case "key":
            return "key", random.choice(KEYS)
        case "often":
            return "key", random.choice(FREQUENT_KEYS)
        case "paste":
            return "paste", _random_text(random, pieces, 20)
        case "load":
            return "load", _random_text(random, pieces, 30)
        case "click":
            return "click", _random_position(random)
        case "drag":
            return "drag", (_random_position(random), _random_position(random))
        case "wheel":
            return "wheel", random.choice([-1, 1])
        case "resize":
            if random.random() < 0.1:
                return "resize", (random.randint(1, 9), random.randint(1, 4))
            return "resize", (random.randint(10, 40), random.randint(5, 14))
        case _:
            return kind, None


def _random_position(random: Random) -> tuple[int, int]:
    return random.randint(0, 39), random.randint(0, 11)

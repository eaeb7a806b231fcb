"""The kinds of setting that a family may request, by the types of the register of schools."""

from shared.placements import SettingKind

_TYPES = {
    SettingKind.ACADEMY: (
        "Academy 16 to 19 sponsor led",
        "Academy 16-19 converter",
        "Academy alternative provision converter",
        "Academy alternative provision sponsor led",
        "Academy converter",
        "Academy secure 16 to 19",
        "Academy special converter",
        "Academy special sponsor led",
        "Academy sponsor led",
        "Free schools",
        "Free schools 16 to 19",
        "Free schools alternative provision",
        "Free schools special",
        "Studio schools",
        "University technical college",
    ),
    SettingKind.MAINTAINED_SCHOOL: (
        "Community school",
        "Community special school",
        "Foundation school",
        "Foundation special school",
        "Voluntary aided school",
        "Voluntary controlled school",
    ),
    SettingKind.MAINTAINED_NURSERY: ("Local authority nursery school",),
    SettingKind.FURTHER_EDUCATION: ("Further education", "Sixth form centres"),
    SettingKind.NON_MAINTAINED_SPECIAL: ("Non-maintained special school",),
}
_KINDS = {type.casefold(): kind for kind, types in _TYPES.items() for type in types}


def kind_of_setting(type: str) -> SettingKind | None:
    """Return the kind (CFA s.38(3)) of a type of the register, or None if the type leaves it open.

    Independent schools and special post-16 institutions may be approved under section 41 or not,
    which the register does not say.
    """
    return _KINDS.get(type.casefold())

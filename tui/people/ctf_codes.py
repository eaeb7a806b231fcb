"""The codes of a Common Transfer File that the portal knows, from the common basic data set."""

from __future__ import annotations

from shared.people import Gender

GENDERS = {"F": Gender.FEMALE, "M": Gender.MALE}

RELATIONSHIPS = {
    "PAM": "Mother",
    "PAF": "Father",
    "STP": "Step-parent",
    "FOM": "Foster mother",
    "FOF": "Foster father",
    "CAR": "Carer",
}

LANGUAGES = {
    "AKA": "Akan",
    "ALB": "Albanian",
    "AMR": "Amharic",
    "ARA": "Arabic",
    "BNG": "Bengali",
    "BSL": "British Sign Language",
    "CHI": "Chinese",
    "CZE": "Czech",
    "ENG": "English",
    "FRN": "French",
    "GUJ": "Gujarati",
    "HIN": "Hindi",
    "ITA": "Italian",
    "KUR": "Kurdish",
    "LIT": "Lithuanian",
    "PNJ": "Panjabi",
    "POL": "Polish",
    "POR": "Portuguese",
    "RUS": "Russian",
    "SOM": "Somali",
    "SPA": "Spanish",
    "TAM": "Tamil",
    "TUR": "Turkish",
    "URD": "Urdu",
    "YOR": "Yoruba",
}
"""First languages by their first three letters; a fourth names a variety."""

YEARS = {
    "N1": ("Nursery", "nursery"),
    "N2": ("Nursery", "nursery"),
    "R": ("Reception", "reception"),
}
YEARS |= {str(year): (f"Year {year}", f"y{year}") for year in range(1, 14)}
YEARS["14"] = ("Year 14", "y14")
"""National curriculum years: as a detail of the child, and as an answer of the form."""

NEEDS = ("SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "OTH")
"""Types of need, which are the same in the form, there in small letters."""

ANSWERS = {
    "year_group": "Year group",
    "attendance": "Attendance",
    "sessions_attended": "Sessions attended",
    "sessions_possible": "Sessions possible",
    "primary_need": "Primary need",
    "secondary_need": "Secondary need",
    "sen_support_from": "SEN support start date",
}
"""Questions of the request form that the file may answer, by id, with their labels."""


def answer_words(name: str, value: str) -> str:
    """Return an answer as users read it."""
    if name == "attendance":
        return f"{value}%"
    if name == "year_group":
        return next(words for words, answer in YEARS.values() if answer == value)
    return value.upper() if name in {"primary_need", "secondary_need"} else value

"""Codes of a Common Transfer File, from the Common Basic Data Set."""

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
"""Languages by the first three letters of their codes; a fourth letter names a variety."""

YEARS = {
    "N1": ("Nursery", "nursery"),
    "N2": ("Nursery", "nursery"),
    "R": ("Reception", "reception"),
}
YEARS |= {str(year): (f"Year {year}", f"y{year}") for year in range(1, 14)}
YEARS["14"] = ("Year 14", "y14")
"""National curriculum years: the text of the child's detail, and the answer of the form."""

NEEDS = ("SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS", "OTH")
"""Types of need; the form uses the same codes in lower case."""

ANSWER_LABELS = {
    "year_group": "Year group",
    "attendance": "Attendance",
    "sessions_attended": "Sessions attended",
    "sessions_possible": "Sessions possible",
    "primary_need": "Primary need",
    "secondary_need": "Secondary need",
    "sen_support_from": "SEN support start date",
}
"""Labels of the request form's questions that the file may answer, by id."""


def request_answer_text(name: str, value: str) -> str:
    """Return an answer of the request form as shown to users."""
    if name == "attendance":
        return f"{value}%"
    if name == "year_group":
        return next(text for text, answer in YEARS.values() if answer == value)
    return value.upper() if name in {"primary_need", "secondary_need"} else value

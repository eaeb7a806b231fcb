"""The demo's made-up children and young people, and the history of each case."""

from datetime import date
from typing import NamedTuple

from shared.cases.events import EventKind
from shared.people import Gender
from shared.values.lines import REPLACEMENT, mask_hidden


class Child(NamedTuple):
    """A child and their case: its events, each with the number of days after the request.

    `days_since_request` is None if there is no request yet.
    """

    first: str
    last: str
    born: date
    gender: Gender
    school: str
    address: str
    postcode: str
    upn: str = ""
    nhs: str = ""
    days_since_request: int | None = None
    history: tuple[tuple[int, EventKind], ...] = ()

    @property
    def surname(self) -> str:
        """The first line of the surname without hidden characters, as it may be entered."""
        return mask_hidden(self.last.partition("\n")[0]).replace(REPLACEMENT, "")


E = EventKind
DECIDING = ((7, E.REQUEST_ACCEPTED),)
ASSESSING = (*DECIDING, (38, E.DECIDED_TO_ASSESS))
DRAFT = (*ASSESSING, (108, E.DECIDED_TO_ISSUE))
FAMILY = (*DRAFT, (118, E.DRAFT_SERVED))
FINAL = (*FAMILY, (138, E.FINAL_ISSUED))
CEASED = (
    (400, E.MEETING_HELD),
    (410, E.CEASE_CONSULTED),
    (450, E.CEASE_NOTIFIED),
    (650, E.CEASED),
)
BOY, GIRL = Gender.MALE, Gender.FEMALE
OSIERBECK, QUILLMERE = "Osierbeck Academy", "Quillmere College"

LONG_NAME = "Vandersteen-Featherstonehaugh-Cholmondeley".ljust(178, "y")

CHILDREN = (
    Child(
        "Ivo",
        "Larkspur-Dunne",
        date(2018, 3, 14),
        BOY,
        "Wren Hollow Primary School",
        "3 Tallowmere Row, Leicester",
        "LE0 1AB",
        "Q856000022001",
        "9991001018",
    ),
    Child(
        "Nell",
        "Quayle-Adeyemi",
        date(2022, 11, 2),
        GIRL,
        "Tansy Bank Nursery School",
        "Flat 2, 18 Cinderpath Lane, Leicester",
        "LE0 2BD",
        "",
        "9991001026",
    ),
    Child(
        "Rafi",
        "Thornbury",
        date(2014, 8, 31),
        BOY,
        OSIERBECK,
        "41 Heronsgate Walk, Leicester",
        "LE0 3DE",
        "Z856000018003",
        "9991001034",
        4,
    ),
    Child(
        "Saoirse",
        "Pennifold",
        date(2014, 9, 1),
        GIRL,
        OSIERBECK,
        "7 Gosling Yard, Leicester",
        "LE0 3DG",
        "Z856000019004",
        "9991001042",
        46,
        DECIDING,
    ),
    Child(
        "Bryn",
        "O'Halloran-Széll",
        date(2012, 6, 8),
        BOY,
        "Brackenfold School",
        "112 Millstone Rise, Leicester",
        "LE0 4EF",
        "F856000016005",
        "9991001050",
        60,
        ((7, E.REQUEST_ACCEPTED), (40, E.REFUSED_TO_ASSESS)),
    ),
    Child(
        "Marlow",
        "Ekström-Bhatt",
        date(2010, 5, 19),
        BOY,
        OSIERBECK,
        "9 Saltbox Court, Leicester",
        "LE0 5GH",
        "Y856000014006",
        "9991001069",
        70,
        ASSESSING,
    ),
    Child(
        "Jory",
        "Whitlam",
        date(2008, 12, 12),
        Gender.NOT_SAID,
        QUILLMERE,
        "26 Pepperpot Street, Leicester",
        "LE0 6JL",
        "B856000013007",
        "9991001077",
        120,
        (*ASSESSING, (105, E.DECIDED_NOT_TO_ISSUE)),
    ),
    Child(
        "Tamsin",
        "Okoro-Vale",
        date(2008, 2, 29),
        GIRL,
        QUILLMERE,
        "5 Lanternfield Close, Leicester",
        "LE0 7NP",
        "E856000012008",
        "9991001085",
        115,
        DRAFT,
    ),
    Child(
        "Zubaida",
        "Fennimore",
        date(2003, 7, 7),
        GIRL,
        QUILLMERE,
        "60 Dovecote Terrace, Leicester",
        "LE0 8QR",
        "N856000007009",
        "9991001093",
        124,
        FAMILY,
    ),
    Child(
        "Wilf",
        "Tansley",
        date(2001, 9, 30),
        BOY,
        "not on a school roll",
        "1 Hobbin Mews, Leicester",
        "LE0 9TU",
        "C856000005010",
        "9991001107",
    ),
    Child(
        "Odette",
        "Marchbank",
        date(2013, 1, 22),
        GIRL,
        OSIERBECK,
        "14 Lapwing Close, Leicester",
        "LE0 1FG",
        days_since_request=300,
        history=FINAL,
    ),
    Child(
        "Piers",
        "Achterberg",
        date(2011, 10, 3),
        BOY,
        "Brackenfold School",
        "2 Fallowfield Place, Leicester",
        "LE0 2HJ",
        days_since_request=490,
        history=(*FINAL, (460, E.REVIEW_CALLED)),
    ),
    Child(
        "Lowri",
        "Castellane",
        date(2005, 4, 17),
        GIRL,
        QUILLMERE,
        "88 Teasel Road, Leicester",
        "LE0 3JL",
        days_since_request=700,
        history=(*FINAL, *CEASED),
    ),
    Child(
        "Hamza",
        "Winterbourne",
        date(2016, 12, 5),
        BOY,
        "Wren Hollow Primary School",
        "30 Copperbeech Drive, Leicester",
        "LE0 4NP",
        days_since_request=30,
        history=DECIDING,
    ),
    Child(
        "Wilhelmina Persephone",
        LONG_NAME,
        date(2015, 3, 3),
        GIRL,
        "Wren Hollow Primary School",
        "11 Candlemaker Row, Leicester",
        "LE0 5PQ",
        days_since_request=21,
        history=DECIDING,
    ),
    Child(
        "Yusuf",
        "Ashcombe",
        date(2017, 2, 14),
        BOY,
        "Wren Hollow Primary School",
        "8 Tinderbox Lane, Leicester",
        "LE0 6QR",
        days_since_request=12,
        history=DECIDING,
    ),
)

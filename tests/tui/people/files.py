"""Sample school files (CTF) for tests."""

from datetime import date
from pathlib import Path

from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.steps import on_screen, until

TODAY = date(2026, 3, 2)

ADDRESS = """<Address><BS7666Address><SAON>Flat 2</SAON><PAON>18</PAON>
<Street>Cinderpath Lane</Street>
<Locality>Old Humberstone Village Conservation Area</Locality>
<Town>Leicester</Town></BS7666Address>
<PostCode>le02bd</PostCode></Address>"""
CONTACTS = """<Contacts>
<Contact><Order>2</Order><Surname>Reed</Surname><Forename>Bo</Forename>
<Relationship>PAF</Relationship><Responsibility>true</Responsibility></Contact>
<Contact><Order>1</Order><Title>Ms</Title><Surname>Quayle</Surname><Forename>Ana</Forename>
<Relationship>PAM</Relationship><Responsibility>true</Responsibility>
<Phones><Phone><TelephoneType>H</TelephoneType><PhoneNo>0116 496 0103</PhoneNo></Phone></Phones>
<Email>ana@quayle.example</Email></Contact>
</Contacts>"""
ATTENDANCE = """<Attendance>
<YearData><Year>2024</Year><SessionsPossible>380</SessionsPossible>
<SessionsAttended>1</SessionsAttended></YearData>
<YearData><Year>2025</Year><SchoolName>Wren Hollow</SchoolName>
<SessionsPossible>190</SessionsPossible><SessionsAuthorised>10</SessionsAuthorised>
<SessionsAttended>171</SessionsAttended><SessionsUnauthorised>9</SessionsUnauthorised></YearData>
</Attendance>"""
SEN = """<SENhistory>
<SEN><StartDate>2023-09-01</StartDate><SENprovision>N</SENprovision></SEN>
<SEN><StartDate>2024-10-07</StartDate><SENprovision>K</SENprovision></SEN>
<SENneeds><SENneed><SENtypeRank>2</SENtypeRank><SENtype>SEMH</SENtype></SENneed>
<SENneed><SENtypeRank>1</SENtypeRank><SENtype>SLCN</SENtype></SENneed></SENneeds>
</SENhistory>"""
BASIC = """<BasicDetails><PreferredForename>Nellie</PreferredForename>
<NCyearActual>3</NCyearActual>
<Languages><Type><LanguageType>F</LanguageType><Language>PNJG</Language></Type></Languages>
</BasicDetails><LookedAfter><InCare>false</InCare></LookedAfter>"""


def pupil(
    first_name: str = "Nell",
    last_name: str = "Quayle-Adeyemi",
    upn: str = "Q856000022001",
    birth_date: str = "2017-11-02",
    content: str = BASIC + SEN + ADDRESS + CONTACTS + ATTENDANCE,
) -> str:
    """Build the XML element of a pupil."""
    return (
        f"<Pupil><UPN>{upn}</UPN><Surname>{last_name}</Surname><Forename>{first_name}</Forename>"
        f"<DOB>{birth_date}</DOB><Sex>F</Sex>{content}</Pupil>"
    )


def school_file(*pupils: str, version: str = "24.0") -> str:
    """Build a Common Transfer File."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<CTfile><Header><DocumentName>Common Transfer File</DocumentName>
<CTFversion>{version}</CTFversion><SourceSchool><LEA>856</LEA><Estab>2001</Estab>
<SchoolName>Wren Hollow Primary School</SchoolName></SourceSchool></Header>
<CTFpupilData>{"".join(pupils)}</CTFpupilData></CTfile>"""


async def pick(pilot: Pilot[None], file: Path, next_screen: str) -> None:
    """Choose a file on the details page of a child, and wait for the next screen."""
    await pilot.press("f5")
    await on_screen(pilot, "PickFiles")
    path = pilot.app.screen.query_one(Input)
    path.focus()
    path.value = ""
    path.post_message(Paste(str(file)))
    await pilot.pause()
    await pilot.press("enter")
    await on_screen(pilot, next_screen)
    await until(pilot, lambda: pilot.app.screen.focused is not None)
    await pilot.pause()

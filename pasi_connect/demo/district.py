"""The made-up district: people, schools and enrolments as plain values. The same seed makes the same district.

No name, number or code belongs to anybody; ASNs begin with 0, which PASI's pool does not give out.
"""

import datetime as dt
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from sis.rules.enrolment import COMPLETION, WITHDRAWAL
from sis.rules.school_year import SchoolYear

AUTHORITY = ("7010", "Prairie Lantern School Division")
OTHER_AUTHORITY = ("7011", "Foothill Meadow School Division")
SCHOOL_A, SCHOOL_B, SCHOOL_C, SCHOOL_D = "7101", "7102", "7103", "7104"
SCHOOLS = {
    SCHOOL_A: "Lantern Creek School",
    SCHOOL_B: "Cottonwood Hill School",
    SCHOOL_C: "Saskatoon Berry High School",
    SCHOOL_D: "Wheatfield Summer and Outreach School",
}
OTHER_SCHOOLS = {"7201": "Meadowlark School", "7202": "Chinook Ridge School"}
PLAIN_IN_A = 80

FIRST = (
    "Wendel Ines Priya Bram Odile Rhea Tobin Marisol Anders Keiko Jonah Safiya Lorne Mireille Dashiell Amara Corwin "
    "Thea Ravi Brielle Soren Nadia Emmett Calla Idris Fern Malik Greta Otis Zola Hollis Maeve Arlo Noor Pascal Wren "
    "Ezra Linnea Omar Tamsin"
).split()
LAST = (
    "Oduya Strand Halvorsen Castellane Delacroix Nakamura Frost Molnar Vandermolen Petrov Okafor Lindqvist Baptiste "
    "Harrow Singhal Moreau Whitlock Tanaka Ferreira Brandvold Ashgrove Kowalchuk Dufresne Marchetti Yellowhorn "
    "Pemberly Soto Achterberg Ingram Bellweather"
).split()
# First and last name, and whether they stand on the document so: letters beyond Latin-1 reach neither PASI nor these records.
SPELLED = (
    ("Lucja", "Wisniewska", False),
    ("Anika", "Berzina", False),
    ("Dorde", "Saric", False),
    ("Zoë", "Nuñez-Brûlé", True),
    ("Sinisa", "Koszegi", False),
)
DOCUMENTS = ("AlbertaBirthCertificate", "CanadianBirthCertificate", "CanadianPassport", "PermanentResidentCard")


@dataclass
class Person:
    """`exact`: the name is spelled as on the document. `preferred`: a first name, with the legal last name behind it."""

    number: int
    first: str
    last: str
    birth_date: dt.date
    gender: str
    preferred: str = ""
    exact: bool = True

    @property
    def suffix(self) -> str:
        return "Jr." if self.number % 43 == 0 else ""

    @property
    def document_type(self) -> str:
        return DOCUMENTS[self.number % len(DOCUMENTS)]

    @property
    def document_number(self) -> str:
        """The last four characters; not every school has written them down."""
        return f"{self.number * 7 % 10_000:04d}" if self.number % 3 else ""

    @property
    def document_issued(self) -> dt.date | None:
        return self.birth_date + dt.timedelta(days=30) if self.number % 3 else None

    @property
    def asn(self) -> str:
        return f"{20000 + self.number * 13:08d}{self.number % 10}"

    @property
    def local_number(self) -> str:
        return str(100000 + self.number)


@dataclass
class Stay:
    """One enrolment; `values` by our field names."""

    person: Person
    school: str
    year: SchoolYear
    key: uuid.UUID
    values: dict[str, Any]


@dataclass
class District:
    people: list[Person] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)  # ours, in the order of their ids
    others: list[Stay] = field(default_factory=list)  # of the other authority: only PASI knows them
    pasi_only_people: list[Person] = field(default_factory=list)


class Builder:
    def __init__(self, today: dt.date, seed: int = 7010) -> None:
        self.random = random.Random(seed)
        self.today = today
        self.year = SchoolYear.of(today)
        self.district = District()
        self.count = 0

    def person(self, grade: int, name: tuple[str, str, bool] | None = None, pasi_only: bool = False) -> Person:
        self.count += 1
        first, last, exact = name or (
            self.random.choice(FIRST),
            f"{self.random.choice(LAST)}-{self.random.choice(LAST)}",
            True,
        )
        birth = dt.date(self.year.ending - 6 - grade, self.random.randint(1, 12), self.random.randint(1, 28))
        person = Person(
            self.count,
            first,
            last,
            birth,
            self.random.choice(["Female", "Male", "Unspecified"]),
            exact=exact,
        )
        if self.count % 17 == 0:
            preferred = self.random.choice(FIRST)
            person.preferred = preferred if preferred != first else ""
        (self.district.pasi_only_people if pasi_only else self.district.people).append(person)
        return person

    def stay(
        self,
        person: Person,
        school: str,
        grade: int,
        year: SchoolYear | None = None,
        other: bool = False,
        **further: Any,
    ) -> Stay:
        year = year or self.year
        values: dict[str, Any] = {
            "grade": f"{grade:02d}" if grade else "EC",
            "start_date": dt.date(year.ending - 1, 9, 1),
            "exit_date": dt.date(year.ending, 6, 26),
            "exit_date_type": COMPLETION,
            "programming_type": "Regular",
            "programming_timeframe": "Day",
            "local_student_id": person.local_number,
            "resident_board": OTHER_AUTHORITY[0] if other else AUTHORITY[0],
            **further,
        }
        stay = Stay(person, school, year, uuid.UUID(int=self.random.getrandbits(128), version=4), values)
        (self.district.others if other else self.district.stays).append(stay)
        return stay

    def past(self, days: int) -> dt.date:
        """A day of this school year that has been: `days` after the first of September, today at the latest."""
        return max(self.year.first_day, min(self.year.first_day + dt.timedelta(days=days), self.today))

    def build(self) -> District:
        self._plain(SCHOOL_A, PLAIN_IN_A, (1, 9))
        self._varied()
        self._plain(SCHOOL_A, 60, (1, 9))
        self._plain(SCHOOL_B, 170, (1, 9))
        self._plain(SCHOOL_C, 160, (10, 12))
        return self.district

    def _plain(self, school: str, count: int, grades: tuple[int, int]) -> None:
        for _ in range(count):
            grade = self.random.randint(*grades)
            self.stay(self.person(grade), school, grade)

    def _varied(self) -> None:
        closing = dt.date(
            self.year.ending, 6, 26
        )  # some concurrent stays are planned beyond it: the year end closes them
        for name in SPELLED:
            self.stay(self.person(4, name), SCHOOL_A, 4)
        for number in range(12):  # withdrawn
            self.stay(
                self.person(5),
                SCHOOL_A,
                5,
                exit_date=self.past(20 + 3 * number),
                exit_date_type=WITHDRAWAL,
                exit_code="10100",
            )
        for number in range(6):  # returned: the first stay is not touched, the second begins after it
            person, last = self.person(6), self.past(15 + 2 * number)
            self.stay(person, SCHOOL_A, 6, exit_date=last, exit_date_type=WITHDRAWAL)
            self.stay(person, SCHOOL_A, 6, start_date=last + dt.timedelta(days=7 + number))
        for _ in range(10):  # summer, in the school year that is closing then
            self.stay(
                self.person(10),
                SCHOOL_D,
                10,
                start_date=dt.date(self.year.ending, 7, 2),
                exit_date=dt.date(self.year.ending, 7, 31),
                programming_type="SummerSchool",
                programming_timeframe="Summer",
            )
        for number in range(12):  # at C, and at D as well
            person = self.person(11)
            self.stay(person, SCHOOL_C, 11)
            self.stay(
                person,
                SCHOOL_D,
                11,
                concurrent=True,
                programming_timeframe="Evening",
                grants_program_codes="610" if number < 3 else "",
                program_percentage=40 if number < 3 else None,
                exit_date=dt.date(self.year.ending, 7, 15) if number >= 8 else closing,
            )
        for number in range(12):  # at A, and at C for one course
            person = self.person(9)
            self.stay(person, SCHOOL_A, 9)
            exit_date = dt.date(self.year.ending, 6, 30) if number >= 9 else closing
            self.stay(person, SCHOOL_C, 9, concurrent=True, exit_date=exit_date)
        for _ in range(4):  # at C, and at A for one course
            person = self.person(10)
            self.stay(person, SCHOOL_C, 10)
            self.stay(person, SCHOOL_A, 10, concurrent=True)
        for number in range(12):  # pre-registered: next school year, and later in this one
            person = self.person(1)
            if number % 2:
                self.stay(person, SCHOOL_A, 1, self.year + 1)
            else:
                self.stay(person, SCHOOL_A, 1, start_date=dt.date(self.year.ending, 2, 1))
        for _ in range(40):  # last year, at A; half of them are at B now
            person = self.person(8)
            self.stay(person, SCHOOL_A, 7, self.year - 1, exit_date=dt.date(self.year.ending - 1, 6, 26))
            if person.number % 2:
                self.stay(person, SCHOOL_B, 8)
        for _ in range(15):  # too old to be compared
            self.stay(self.person(12), SCHOOL_C, 9, self.year - 3, exit_date=dt.date(self.year.ending - 3, 6, 26))
        for code in ("301", "500", "230", "306", "500"):  # program codes
            self.stay(
                self.person(3),
                SCHOOL_A,
                3,
                grants_program_codes=code,
                exception_codes="57" if code == "500" else "",
                french_hours="120" if code == "230" else "",
            )
        for school in OTHER_SCHOOLS:  # of another authority; some of them with a course at D
            for number in range(12):
                here = number < 8
                person = self.person(10, pasi_only=not here)
                self.stay(person, school, 10, other=True)
                if here:
                    self.stay(person, SCHOOL_D, 10, concurrent=True, programming_timeframe="Evening")
        deleted = self.stay(self.person(2), SCHOOL_A, 2)
        deleted.values["deleted"] = True

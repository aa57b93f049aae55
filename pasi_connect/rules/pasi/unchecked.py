"""What PASI checks and we cannot: the rules that depend on data PASI does not share with us.

They come back as alerts after the enrolment has been stored. Listed so that "PASI will warn" never looks complete.
"""

from dataclasses import dataclass

from operations.rules.words import gettext_noop
from pasi_connect.rules.pasi.table import ADVICE, WARNING

CLASSIFICATION = gettext_noop("the kind of school or authority is not read from PASI")
PROGRAMS = gettext_noop("PASI does not send us the programs that a school offers")
CITIZENSHIP = gettext_noop("citizenship and permits are not read from PASI")
SINCE = gettext_noop("PASI says whether it is active now, not since when")
FIGURES = gettext_noop("the limits are not published")
CONDITION = gettext_noop("the condition is not published")


@dataclass(frozen=True)
class Unchecked:
    number: str
    level: str
    meaning: str
    reason: str
    level_inferred: bool = False


NOT_CHECKED: tuple[Unchecked, ...] = (
    Unchecked("10005", WARNING, gettext_noop("The school is not active on the start date."), SINCE),
    Unchecked("10008", WARNING, gettext_noop("The school authority is not active on the start date."), SINCE),
    Unchecked("10009", WARNING, gettext_noop("Program 810 at a school that is not a collegiate."), CLASSIFICATION),
    Unchecked("10012", ADVICE, gettext_noop("French hours are wrong for program 230."), FIGURES, True),
    Unchecked("10023", WARNING,
              gettext_noop("The school offers no regular programming for the grade (to 2015-2016)."), PROGRAMS),
    Unchecked("10027", ADVICE,
              gettext_noop("The source documentation does not match a foreign student."),
              gettext_noop("source documents are not read from PASI"), True),
    Unchecked("10028", WARNING,
              gettext_noop("The school offers no special education for the grade (to 2015-2016)."), PROGRAMS),
    Unchecked("10037", ADVICE,
              gettext_noop("The permit of a temporary resident ends before the enrolment."), CITIZENSHIP),
    Unchecked("10038", WARNING, gettext_noop("The school offers no outreach program."), PROGRAMS, True),
    Unchecked("10041", WARNING, gettext_noop("A resident board is entered where none is allowed."), CONDITION, True),
    Unchecked("10042", WARNING,
              gettext_noop("The resident board is not a public or separate authority."), CLASSIFICATION),
    Unchecked("10044", WARNING, gettext_noop("Program 110 at the wrong type of school."), CLASSIFICATION, True),
    Unchecked("10046", WARNING, gettext_noop("The school offers no alternative French program."), PROGRAMS, True),
    Unchecked("10047", WARNING,
              gettext_noop("Program 221 outside a francophone authority."), CLASSIFICATION, True),
    Unchecked("10049", WARNING, gettext_noop("The school offers no French as a Second Language."), PROGRAMS, True),
    Unchecked("10090", WARNING, gettext_noop("The resident board is not valid for program 150."), CONDITION, True),
    Unchecked("10100", ADVICE,
              gettext_noop("Program 221 in grades 10 to 12 has too few French hours in the year."), FIGURES),
    Unchecked("10102", WARNING,
              gettext_noop("A band-operated school sent enrolment type 330 (from 2011-2012)."), CLASSIFICATION),
    Unchecked("10105", ADVICE, gettext_noop("Types 413 and 416 without a study permit for the period."), CITIZENSHIP),
    Unchecked("10116", WARNING,
              gettext_noop("A bilingual program that the school does not offer (from 2013-2014)."), PROGRAMS),
    Unchecked("10124", WARNING,
              gettext_noop("The resident board is not a public or separate authority."), CLASSIFICATION),
    Unchecked("10128", WARNING,
              gettext_noop("The school offers no special education (from 2016-2017)."), PROGRAMS, True),
    Unchecked("10129", WARNING,
              gettext_noop("The school offers no regular programming (from 2016-2017)."), PROGRAMS, True),
)  # fmt: skip

# Numbers that PASI lists without a text that is public.
WITHOUT_TEXT = (
    "10004", "10021", "10024", "10025", "10031", "10045", "10048", "10050", "10060", "10065", "10067", "10070", "10074",
    "10076", "10077", "10082", "10086", "10091", "10093", "10106", "10108", "10111", "10112", "10113", "10114", "10119", "10120",
    "10121", "10122", "10123", "10125", "10135", "10142",
)  # fmt: skip

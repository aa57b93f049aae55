"""Code values, as tables. Codes come from pasi-core section 7; a text marked INFERRED is made up here, because the
published pages name the code without its text, or the meaning without its code. [Source: PASI Code Values; Code Value]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pasi_simulator.clock import current_school_year, written_school_years


@dataclass(frozen=True, slots=True)
class Code:
    """One value: what travels, English and French words, the years it holds for (None: all)."""

    code_class: str
    text: str
    english: str
    french: str
    inferred: bool = False
    first_year: int | None = None
    last_year: int | None = None


def _list(code_class: str, inferred: bool, *rows: tuple[str, str, str]) -> tuple[Code, ...]:
    return tuple(Code(code_class, text, english, french, inferred) for text, english, french in rows)


EXIT_DATE_TYPE = _list(
    "ExitDateType", False,
    ("CompletionDate", "Completion date", "Date d'achèvement"),
    ("WithdrawalDate", "Withdrawal date", "Date de retrait"),
)  # fmt: skip
# INFERRED: only "Regular" and "Continuing Education" are named, as descriptions; the code texts are ours.
PROGRAMMING_TYPE = _list(
    "ProgrammingType", True,
    ("Regular", "Regular", "Ordinaire"),
    ("ContinuingEducation", "Continuing Education", "Éducation continue"),
    ("HomeEducation", "Home Education", "Enseignement à domicile"),
    ("SummerSchool", "Summer School", "École d'été"),
)  # fmt: skip
# INFERRED: "Day" is named; evening and summer are candidates.
PROGRAMMING_TIMEFRAME = _list(
    "ProgrammingTimeframe", True,
    ("Day", "Day", "Jour"),
    ("Evening", "Evening", "Soir"),
    ("Summer", "Summer", "Été"),
)  # fmt: skip
GRADE = _list(
    "Grade", False,
    ("EC", "Early Childhood Services", "Maternelle et petite enfance"),
    *((f"{n:02d}", f"Grade {n}", f"{n}e année" if n > 1 else "1re année") for n in range(1, 13)),
)  # fmt: skip

_PROGRAMS = (
    ("110", "Designated Special Education Private School", "École privée désignée d'adaptation scolaire"),
    ("140", "Program Unit Funding, tuition agreement", "Financement par unité, entente de scolarité"),
    ("145", "Francophone Tuition Agreement", "Entente de scolarité francophone"),
    ("150", "Tuition agreement with a resident board", "Entente de scolarité avec un conseil résident"),
    ("211", "Alternative French Language Program", "Programme alternatif de français"),
    ("221", "Francophone Education Program", "Programme d'éducation francophone"),
    ("230", "French as a Second Language", "Français langue seconde"),
    ("301", "English as an Additional Language, foreign-born", "Anglais langue additionnelle, né à l'étranger"),
    ("302", "English as an Additional Language, year 2", "Anglais langue additionnelle, 2e année"),
    ("303", "English as an Additional Language, Canadian-born", "Anglais langue additionnelle, né au Canada"),
    ("306", "Additional language support, refugee", "Appui linguistique, réfugié"),
    ("307", "Additional language support, enhanced", "Appui linguistique, renforcé"),
    ("500", "Special education", "Adaptation scolaire"),
    ("550", "Special education, gifted", "Adaptation scolaire, doué"),
    ("600", "Home Education", "Enseignement à domicile"),
    ("610", "Home Education, Shared Responsibility", "Enseignement à domicile, responsabilité partagée"),
    ("611", "Home Education, parent-directed portion", "Enseignement à domicile, part dirigée par le parent"),
    ("612", "Home Education, school-authority portion", "Enseignement à domicile, part de l'autorité scolaire"),
    ("620", "Online program", "Programme en ligne"),
    ("621", "Online program, supervised", "Programme en ligne, encadré"),
    ("622", "Online program, part time", "Programme en ligne, temps partiel"),
    ("623", "Online program, other authority", "Programme en ligne, autre autorité"),
    ("630", "Outreach program", "Programme d'appui externe"),
    ("640", "Blended program", "Programme mixte"),
    ("810", "Collegiate program", "Programme collégial"),
)
GRANTS_PROGRAM_CODE = (
    *(Code("GrantsProgramCode", *row, inferred=True) for row in _PROGRAMS),
    *(
        Code("GrantsProgramCode", str(n), f"Bilingual language program {n}", f"Programme bilingue {n}", inferred=True)
        for n in range(401, 413)
    ),
    *(
        Code("GrantsProgramCode", str(n), f"Language and culture {n}", f"Langue et culture {n}", inferred=True)
        for n in range(413, 461)
    ),
)
_ENROLMENT_TYPES = (
    ("121", "Independent Student", "Élève autonome"),
    ("330", "Student of a First Nation, tuition agreement", "Élève d'une Première Nation, entente de scolarité"),
    ("413", "Temporary resident with study permit", "Résident temporaire avec permis d'études"),
    ("414", "Exchange student", "Élève d'un programme d'échange"),
    ("415", "Foreign student, fee paying", "Élève étranger, payant"),
    ("416", "Foreign student with study permit", "Élève étranger avec permis d'études"),
    ("417", "Child of a temporary foreign worker", "Enfant d'un travailleur étranger temporaire"),
    ("418", "Step Child of a Temporary Foreign Worker", "Bel-enfant d'un travailleur étranger temporaire"),
    ("600", "Displaced Student", "Élève déplacé"),
)
ENROLMENT_TYPE_CODE = (
    *(Code("EnrolmentTypeCode", *row, inferred=row[0] not in ("121", "418", "600")) for row in _ENROLMENT_TYPES),
    *(
        Code(
            "EnrolmentTypeCode",
            str(n),
            f"Institutional placement {n}",
            f"Placement en établissement {n}",
            inferred=True,
        )
        for n in (*range(501, 513), *range(521, 524))
    ),
)
# INFERRED: the pages speak of a 50-series for special education; its members and texts are ours.
EXCEPTION_CODE = _list(
    "ExceptionCode", True,
    ("51", "Mild cognitive disability", "Déficience cognitive légère"),
    ("52", "Moderate cognitive disability", "Déficience cognitive moyenne"),
    ("53", "Emotional or behavioural disability", "Trouble affectif ou du comportement"),
    ("54", "Learning disability", "Trouble d'apprentissage"),
    ("55", "Hearing disability", "Déficience auditive"),
    ("56", "Visual disability", "Déficience visuelle"),
    ("57", "Communication disability", "Trouble de la communication"),
    ("58", "Physical or medical disability", "Déficience physique ou médicale"),
    ("59", "Multiple disability", "Déficiences multiples"),
)  # fmt: skip
FNMI_DECLARATION = _list(
    "FNMIDeclaration", True,
    ("331", "First Nations, status", "Première Nation, statut"),
    ("332", "First Nations, non-status", "Première Nation, sans statut"),
    ("333", "Métis", "Métis"),
    ("334", "Inuit", "Inuit"),
)  # fmt: skip
GENDER = _list(
    "Gender", True,
    ("Male", "Male", "Masculin"),
    ("Female", "Female", "Féminin"),
    ("Unspecified", "Unspecified", "Non précisé"),
    ("Unknown", "Unknown", "Inconnu"),
)  # fmt: skip
# INFERRED: the terms are named by their short descriptions, their code texts ("Alternate Term Code") are not; ours.
SECTION_TERM = _list(
    "SectionTerm", True,
    ("S1", "Semester 1", "Semestre 1"),
    ("S2", "Semester 2", "Semestre 2"),
    ("FY", "Full Year", "Année entière"),
    ("Q1", "Quarter 1", "Trimestre 1"),
    ("Q2", "Quarter 2", "Trimestre 2"),
    ("Q3", "Quarter 3", "Trimestre 3"),
    ("Q4", "Quarter 4", "Trimestre 4"),
    ("SU", "Summer", "Été"),
    ("CO", "Continuous", "En continu"),
)  # fmt: skip
PRIMARY_DELIVERY_METHOD = (
    Code("PrimaryDeliveryMethod", "REG", "Regular", "Ordinaire"),
    Code("PrimaryDeliveryMethod", "OFC", "Off Campus", "Hors campus"),
    Code("PrimaryDeliveryMethod", "ORP", "Outreach Program", "Programme d'appui externe", inferred=True),
    Code("PrimaryDeliveryMethod", "DSL", "Distance Learning – Print Based", "Enseignement à distance – imprimé"),
    Code("PrimaryDeliveryMethod", "VTL", "Virtual", "Virtuel", inferred=True),
    Code("PrimaryDeliveryMethod", "DDC", "Dual Enrolled Dual Credit", "Double inscription, double crédit"),
)
DELIVERY_SCHEDULE = _list(
    "DeliverySchedule", False,
    ("REG", "Regular", "Ordinaire"),
    ("SUM", "Summer", "Été"),
)  # fmt: skip
DELIVERY_SCHEDULE_OF_BEFORE = Code(
    "DeliverySchedule", "MAJ", "English as a Second Language (to 1999/2000)", "Anglais langue seconde (jusqu'en 1999-2000)",
    last_year=2000,
)  # fmt: skip
INSTRUCTIONAL_LANGUAGE = (
    Code("InstructionalLanguage", "EN", "English", "Anglais"),
    Code("InstructionalLanguage", "FR", "French", "Français", inferred=True),
)
# INFERRED: three codes are named; the pages say the others in words, or not at all.
SOURCE_DOCUMENT_TYPE = _list(
    "SourceDocumentType", True,
    ("AlbertaBirthCertificate", "Alberta birth certificate", "Acte de naissance de l'Alberta"),
    ("CanadianBirthCertificate", "Canadian birth certificate", "Acte de naissance canadien"),
    ("CanadianPassport", "Canadian passport", "Passeport canadien"),
    ("CitizenshipCertificate", "Citizenship certificate or card", "Certificat ou carte de citoyenneté"),
    ("CertificateOfIndianStatus", "Certificate of Indian Status", "Certificat de statut d'Indien"),
    ("PermanentResidentCard", "Permanent resident card", "Carte de résident permanent"),
    ("StudyPermit", "Study permit", "Permis d'études"),
    ("ForeignPassport", "Foreign passport", "Passeport étranger"),
    ("ForeignBirthCertificate", "Foreign birth certificate", "Acte de naissance étranger"),
    ("BaptismalCertificate", "Baptismal certificate", "Certificat de baptême"),
    ("ParentDeclaration", "Declaration of a parent", "Déclaration d'un parent"),
    ("Unverified", "No document seen", "Aucun document vu"),
    ("FromSIS", "From a student information system", "D'un système d'information scolaire"),
    ("FromStudentRecords", "From Student Records", "Du service Student Records"),
    ("FromAlbertaEducation", "From Alberta Education", "D'Alberta Education"),
    ("StudentDocumentVerified", "Student Document Verified", "Document d'élève vérifié"),
    ("StudentDocumentSupported", "Student Document Supported", "Document d'élève appuyé"),
    ("StudentDocumentSelfDeclared", "Student Document Self Declared", "Document d'élève déclaré"),
    ("SupportingDocumentNoLongerAvailable", "Supporting Document No Longer Available", "Document à l'appui plus disponible"),
)  # fmt: skip
OTHER = (
    *_list(
        "AcknowledgementStatus", False,
        ("Acknowledged", "Advice reviewed, data correct", "Avis examiné, données exactes"),
        ("InProgress", "Somebody is working on it", "En cours"),
        ("Overridden", "Accepted by the ministry", "Accepté par le ministère"),
        ("Unacknowledged", "Not yet looked at", "Pas encore examiné"),
    ),
    *_list("AlertType", False, ("Advice", "Advice", "Avis"), ("Warning", "Warning", "Avertissement")),
    *_list(
        "AddressType", False,
        ("Mailing", "Mailing", "Postale"), ("Physical", "Physical", "Physique"), ("Delivery", "Delivery", "Livraison"),
    ),
)  # fmt: skip

FIXED: tuple[Code, ...] = (
    *EXIT_DATE_TYPE, *PROGRAMMING_TYPE, *PROGRAMMING_TIMEFRAME, *GRADE, *GRANTS_PROGRAM_CODE, *ENROLMENT_TYPE_CODE,
    *EXCEPTION_CODE, *FNMI_DECLARATION, *GENDER, *SOURCE_DOCUMENT_TYPE, *SECTION_TERM, *PRIMARY_DELIVERY_METHOD, *DELIVERY_SCHEDULE,
    DELIVERY_SCHEDULE_OF_BEFORE, *INSTRUCTIONAL_LANGUAGE, *OTHER,
)  # fmt: skip

LISTS: dict[str, frozenset[str]] = {
    name: frozenset(code.text for code in FIXED if code.code_class == name) for name in {c.code_class for c in FIXED}
}


def school_year_types(today: date) -> tuple[Code, ...]:
    """Which school years are what today; the value Accepted says for which enrolments may be submitted.

    [Source: Obtaining PASI Code Values]. The other values are INFERRED.
    """
    written, current = written_school_years(today), current_school_year(today)

    def row(text: str, english: str, french: str, first: int, last: int) -> Code:
        return Code("SchoolYearType", text, english, french, text != "Accepted", first, last)

    return (
        row("Accepted", "Accepted", "Acceptée", written[0], written[-1]),
        row("Current", "Current", "En cours", current, current),
        row("Historical", "Historical", "Historique", written[0], current - 1),
        row("Future", "Future", "À venir", current + 1, written[-1]),
    )


def code_values(today: date, version: int) -> Iterator[dict[str, Any]]:
    """Every code value as CodeValueInfo, in display sequence within its class."""
    places: dict[str, int] = {}
    for code in (*FIXED, *school_year_types(today)):
        places[code.code_class] = places.get(code.code_class, 0) + 10
        yield {
            "CodeClassName": code.code_class,
            "CodeText": code.text,
            "Description": code.english,
            "DisplaySequence": places[code.code_class],
            "FirstSchoolYear": code.first_year,
            "FrenchDescription": code.french,
            "FrenchShortDescription": code.french[:50],
            "LastSchoolYear": code.last_year,
            "PASICoreVersion": version,
            "ShortDescription": code.english[:50],
        }

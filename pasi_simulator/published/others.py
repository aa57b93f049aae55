"""Published rule numbers of accommodations, responsible schools and student documents, and of what belongs to several."""

from __future__ import annotations

from pasi_simulator.published.rows import Number, numbers

ACCOMMODATIONS: tuple[Number, ...] = numbers(
    """
13003 R caller is neither the school, its authority nor the ministry
13004 ?
13005 R school changed
13007-13010 R
13011 W not enrolled at the school on the last day
13012 R
13013 W overlap of the same student, school, type and format
13014 ?
13015-13022 R
""",
    "SubmitClassroomAccommodation (2018)",
)

RESPONSIBLE_SCHOOLS: tuple[Number, ...] = numbers(
    """
9074-9076 R
10145 R
10146 R two records of one school after each other
10147 R
10148 R school without name, province or country
10149 R
11610-11617 R
11618 R reason To Be Determined by a person
11619 R made with the reason Data Conversion or Updated By ASL
11620 A not enrolled at the responsible school
11621 A reason still To Be Determined
11622 R
11623 A record ahead for a student who has died
11624 A enrolled here, and another school is responsible (from 2019/2020)
11625 A enrolled at another school than the responsible one
11626 R changed with the reason Data Conversion or Updated By ASL
11627 R reason Home Education by another than the ministry
11636 R another record of the school that is responsible already
11638 R
11639 R no right to change
""",
    "SubmitResponsibleSchool (2019)",
)

DOCUMENTS: tuple[Number, ...] = numbers(
    """
64990-64993 R
65003-65005 R
65007-65009 R
65011-65017 R
65021 R
65022 R
65023 R dated before the birth
65024 R dated in a way that its type forbids
65025-65030 R
65032 R
65035 R
65036 R
65037-65039 R
65041-65044 R
65045 R versions of the documents that it replaces are not current
65047-65049 R
65051 R
65060 U waybill of a batch malformed
65066 U document type of a waybill unknown
65068 R
65070 R batch older than 14 days taken back
65071 R
65072 R
65075 R file with a password
65088 ? (removed)
65089 A summary of attendance missing
65098 R
65099 R
65100 R added by another than custodian, ministry or a school of enrolment
65102-65104 R
65106-65111 R
65114-65116 R
65124 R
65129 R citizenship of student and guardian do not go together
65131 R (removed)
65133-65135 R (removed)
""",
    "SubmitStudentRecordDocument (2019); Submit Student Record Document",
)

HOME_EDUCATION_AND_SCREENS: tuple[Number, ...] = numbers(
    """
14060 A overlapping registrations of home education (from 2021/2022)
50000 U what is shown of a core alert (PASIprep)
60000 R many detailed academic reports at once
60080 R under 13 (myPass)
60086 R no mailing address (myPass)
60090 R e-mail address of the guardian is shared (myPass)
80001 U document of lower quality than the present one (PASIprep)
""",
    "Validation Rules",
)

"""Published rule numbers: technical, common, school enrolment, student, acknowledgement."""

from __future__ import annotations

from pasi_simulator.published.rows import Number, numbers, spread

TECHNICAL = "Validation Rules between 0 and 9999"
ON_DEMAND = "on demand only: the knob `fault`"

FAULTS: tuple[Number, ...] = (
    *(Number(n, "PASI Core Security") for n in ("1001", "1002", "1003")),
    Number("1004", "PASI Core Security", inferred="a certificate registered twice, a client without organizations"),
    Number("1006", "PASI Core Security", inferred="an allow list of addresses"),
    Number("1007", "Authentication and Authorization"),
    Number("1008", "Organization Code (Format)"),
    Number("1009", TECHNICAL, "Retired SubmitExamMark service"),
    Number("2001", TECHNICAL, lacks=ON_DEMAND + "; the knob `unavailable` closes connections instead"),
    Number("3001", "Error Reporting", inferred="where 3001 ends and 3002 begins"),
    Number("3002", "Error Reporting", inferred="where 3001 ends and 3002 begins"),
    Number("3004", "Rule 3004", inferred="a rejection; a knob makes it a fault"),
    Number("3005", "Rules 3005 to 3008"),
    Number("3006", "Rules 3005 to 3008"),
    Number("3007", "Rules 3005 to 3008", inferred="the upper bound"),
    Number("3008", "Rules 3005 to 3008"),
    Number("4001", TECHNICAL, lacks=ON_DEMAND),
    Number("4002", TECHNICAL, lacks=ON_DEMAND),
    Number("5001", "Get Organization Association", "Missing organization code"),
    Number("9001", TECHNICAL),
    Number("9014", "Rule 9014"),
)

COMMON: tuple[Number, ...] = (
    Number("9002", TECHNICAL),
    Number("9003", TECHNICAL),
    Number("9004", TECHNICAL, "Invalid school authority"),
    Number("9006", TECHNICAL),
    Number("9008", TECHNICAL, "Invalid preferred address"),
    Number("9009", TECHNICAL),
    Number("9010", TECHNICAL),
    Number("9011", TECHNICAL),
    Number("9013", TECHNICAL),
    Number("9019", TECHNICAL, "Organization unknown, or not authorized for the organization on the record"),
    Number("9020", TECHNICAL),
    Number("9023", TECHNICAL),
    *(Number(n, TECHNICAL, "Organization unknown, or not authorized for the organization on the record")
      for n in ("9025", "9026")),
    Number("9030", TECHNICAL),
    Number("9049", "Rule 9049", lacks="another organization than the one that created the student"),
    *(Number(n, TECHNICAL) for n in ("9052", "9056", "9064", "9065", "9067", "9078")),
)  # fmt: skip


def alerts(text: str, source: str, texts: dict[str, tuple[str, str]]) -> tuple[Number, ...]:
    """Core alerts: `texts` gives the level (W, A, with * when it is inferred) and the words."""
    rows = []
    for number in spread(text):
        level, words = texts.get(number, ("", ""))
        named = {"W": "Warning", "A": "Advice", "": ""}[level.removesuffix("*")]
        title = ": ".join(part for part in (named, words) if part)
        rows.append(Number(number, source, title, inferred="the level" if level.endswith("*") else ""))
    return tuple(rows)


ENROLMENT_SOURCE = "Validation Rules between 10000 and 19999"
ENROLMENT_REJECTIONS = tuple(Number(n, ENROLMENT_SOURCE) for n in spread("10016 10058 10064 10088 10133"))

MORE_ENROLMENT = numbers(
    """
10020 R program percentage before 2018/2019
10057 ? grants program not valid for early childhood
10080 R new enrolment of a student who has died
10132 W grants program 600, 610 or 612 without resident board (from 2017/2018)
10143 W types 413, 414 and 416 without country of citizenship (from 2019/2020)
10154 W type 414 without citizenship 5 and a valid study permit
10330 R (listed with citizenship; probably 11330)
""",
    ENROLMENT_SOURCE,
)

ENROLMENT_ALERTS = alerts(
    "10002-10015 10017-10019 10021 10023-10033 10035 10037-10055 10060 10063 10065 10067-10072 10074 10076-10078 10081"
    " 10082 10085 10086 10090-10093 10095 10100 10102 10105 10106 10108 10110-10114 10116 10119-10125 10128 10129 10135"
    " 10136 10142",
    "GetStudentSchoolEnrolmentStatus (2018); " + ENROLMENT_SOURCE,
    {
        "10002": ("W", "the same grants program code twice"),
        "10003": ("W", "period not inside an open school calendar year"),
        "10005": ("W", "school not active on the start date"),
        "10006": ("W", "enrolment type 417 or 418 beside 415 or 416"),
        "10007": ("W*", "grants program 140 without 500"),
        "10008": ("W", "authority not active on the start date"),
        "10009": ("W", "grants program 810 at a school that is not collegiate"),
        "10010": ("W*", "French hours missing"),
        "10011": ("A", "French hours do not fit grants program 211"),
        "10012": ("A*", "French hours do not fit grants program 230"),
        "10013": ("W", "grants program 500 beside 550 (to 2015/2016)"),
        "10014": ("W*", "grants program 140 beside 600, 610, 611 or 612"),
        "10015": ("W*", "more than one of grants programs 110, 140, 145"),
        "10017": ("A", "age on 1 September outside the range of the grade"),
        "10018": ("A*", "a grade was jumped over (the number INFERRED)"),
        "10019": ("A", "grade lower than in the year before"),
        "10023": ("W", "school offers no regular programming for the grade (to 2015/2016)"),
        "10024": ("W", "summer programming at a school that offers none for the grade"),
        "10026": ("W*", "combination of 211, 221 and the 400 series"),
        "10027": ("A*", "documents do not fit a foreign student"),
        "10028": ("W", "school offers no special education for the grade (to 2015/2016)"),
        "10029": ("W*", "grants program expired for the year"),
        "10030": ("W", "grants program 640 beside one of the 600 family"),
        "10032": ("W*", "grants program 110 not allowed"),
        "10033": ("W", "more than one of grants programs 620 to 623 (to 2023/2024)"),
        "10035": ("W", "start date outside an open calendar schedule"),
        "10037": ("A", "permit of a temporary resident ends before the enrolment"),
        "10038": ("W*", "outreach program not offered"),
        "10039": ("W", "independent student under 16"),
        "10040": ("W", "resident board missing"),
        "10041": ("W*", "resident board where none is allowed"),
        "10042": ("W", "resident board is no public or separate authority"),
        "10043": ("W*", "grants program 110: exception code"),
        "10044": ("W*", "grants program 110: kind of school"),
        "10046": ("W*", "alternative French not offered"),
        "10047": ("W*", "grants program 221 outside a francophone authority"),
        "10049": ("W*", "French as a second language not offered"),
        "10051": ("W", "more than one of the 600 family (from 2024/2025)"),
        "10052": ("A", "language learner now, but not at the authority before"),
        "10053": ("A", "language learner at the authority before, but not now"),
        "10054": ("W", "grants program 500 without exception code (to 2015/2016)"),
        "10055": ("W*", "grants program 500 missing"),
        "10065": ("A", "no citizenship in effect"),
        "10074": ("W", "declaration of First Nations beside more than two enrolment types"),
        "10086": ("W", "exit after the date of death"),
        "10093": ("W", "more than one exception code"),
        "10123": ("W", "resident board without grants program 110 (2016/2017)"),
        "10135": ("W", "a gap in the mailing addresses"),
        "10063": ("W", "younger than two and a half on 1 September"),
        "10068": ("W", "resident board unknown or not active"),
        "10069": ("W", "overlap at the same school, programming type and timeframe"),
        "10071": ("W*", "francophone board missing"),
        "10072": ("W*", "grants program 145 missing"),
        "10078": ("W", "the same exception code twice"),
        "10081": ("W*", "combination of the 300 series"),
        "10085": ("A", "overlap at another authority"),
        "10090": ("W*", "resident board does not fit grants program 150"),
        "10092": ("W*", "French hours without a program that has any"),
        "10095": ("W", "610 or 612 below 50 per cent in grades 1 to 9 (to 2019/2020)"),
        "10100": ("A", "grants program 221 with too few French hours in grades 10 to 12"),
        "10102": ("W", "type 330 sent by a band-operated school"),
        "10105": ("A", "types 413 and 416 without a study permit for the period"),
        "10110": ("W", "types 121 and 418 together"),
        "10116": ("W", "bilingual program where the school offers none"),
        "10124": ("W", "resident board is no public or separate authority"),
        "10128": ("W*", "special education not offered (from 2016/2017)"),
        "10129": ("W*", "regular programming not offered (from 2016/2017)"),
        "10136": ("W", "resident board missing for grants programs 620 to 623"),
    },
)

IDENTITY = "SubmitIdentificationInformation"
LINKING = "Submit Student State Province ID Status"

STUDENT_REJECTIONS: tuple[Number, ...] = (
    *(Number(n, "Submit Student Address", "Preferred address, from an end point that has it no longer")
      for n in ("11023", "11041")),
    *(Number(n, IDENTITY) for n in spread("11203 11204 11206-11208")),
    Number("11210", IDENTITY),
    *(Number(n, IDENTITY) for n in spread("11217 11219-11225 11231 11233 11235")),
    Number("11301", "Section 23 Eligibility"),
    Number("11351", "Alberta Student Number (Student)", "ASN of the pool assigned by somebody else"),
    Number("11352", "Alberta Student Number (Student)", "ASN exists already"),
    Number("11401", "Creating Students", "A student like this exists"),
    Number("11406", IDENTITY),
    Number("11407", IDENTITY, "Identity equals that of another student"),
    *(Number(n, LINKING) for n in spread("11408 11451-11464 11466-11469 11471-11476")),
    Number("11502", IDENTITY),
    Number("12006", IDENTITY),
    *(Number(n, "GetAsnCertificate") for n in ("60002", "60003")),
    *(Number(n, IDENTITY) for n in spread("65031 65033 65034 65093")),
    Number("80102", "Alberta Student Number (Student)", "Check digit of the ASN (PASIprep only)"),
)  # fmt: skip

PARTS = "Rule pages of student parts; Submit services of student parts"
STUDENT_PARTS = (
    Number("11201", PARTS),
    Number("11227", PARTS),
    *numbers(
        """
11001 R type of address
11002 R
11003 R address in Canada or the USA without city, province or postal code
11004 R Canadian postal code
11005 R
11006 R
11008 R
11015-11017 R
11025 R
11026 R
11027 R more than one address of the student shared by a guardian (to 2018)
11030 R address neither mailing nor physical
11042 R physical address without a mailing address
11101 R
11104 R
11109-11111 R
11113 R restriction from before the birth
11116 R
11117 R
11120 R details of the restriction missing
11149 R
11154 R rural address or township as mailing address
11155 R rural address or township with postal code
11159 R rural address or township outside Alberta
11170 R physical address of a guardian, rural, with postal code
11211 R gender back to unknown
11214-11216 R
11218 R the same identity (end points before 2017)
11226 R
11228 R birth after the date of a document
11229 R
11230 R
11250-11257 R
11261 R phone number from before the birth
11326 R citizenship 5 without the day on which the document ends
11331 R document of the student sent with citizenship
11332-11334 R
11339 R document of the guardian sent with citizenship
11367 R
11371 R
11403 R a student like this exists, for limited access
11404 R the same student exists
11405 R the same student exists, for limited access
11500 R date of death of somebody living
""",
        PARTS,
    ),
)

STUDENT_ALERTS = alerts(
    "11010-11014 11018 11020 11022 11028 11031 11102 11103 11105-11108 11112 11114 11115 11118 11119 11151 11188 11202"
    " 11205 11209 11212 11213 11232 11234 11260 11262 11264 11266 11327 11330 11338 11365 11366 11369 11370 11603-11607"
    " 60037 65010 65092",
    "GetStudentStatus (2018)",
    {
        "11012": ("A", "province does not fit the country"),
        "11013": ("W*", "postal code"),
        "11014": ("A", "a line of the street holds the country"),
        "11213": ("A", "no Canadian citizen, but a document that implies it"),
        "11010": ("A", "postal code, city and province do not agree"),
        "11018": ("A", "city"),
        "11028": ("A", "address ends later than the next one begins"),
        "11031": ("W", "the same address as mailing and physical"),
        "11106": ("A", "restriction ends within 14 days"),
        "11115": ("A", "independent and with a guardian at once"),
        "11119": ("W", "restriction with guardian from before the 18th birthday"),
        "11188": ("W", "guardian shares a physical address that is not there"),
        "11232": ("W", "document issued in the future"),
        "11262": ("W", "phone number ends more than 10 years ahead"),
        "11264": ("A", "preferred phone number has ended"),
        "11330": ("A", "document of citizenship ends more than 10 years ahead"),
        "11365": ("A", "mailing address differs from that of each guardian lived with"),
        "11366": ("W", "home phone differs from that of a guardian lived with"),
        "11369": ("W", "guardian shares a mailing address that is not there"),
        "11370": ("W", "guardian shares a home phone that is not there"),
        "11607": ("A", "e-mail address of another student, or not valid"),
        "60037": ("", "connections of the student are suspended"),
    },
)

ACKNOWLEDGEMENT = tuple(
    Number(n, "Submit Student Status Acknowledgement") for n in spread("12000-12005")
)  # fmt: skip

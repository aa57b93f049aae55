"""Published rule numbers of sections, course enrolments, evaluated marks and their approval."""

from __future__ import annotations

from pasi_simulator.published.rows import Number, numbers, spread

RULES = "Validation Rules between 40000 and 49999"

SECTIONS: tuple[Number, ...] = (
    *(Number(n, RULES) for n in spread("40102 40104 40108 40112-40115 40135")),
    *numbers(
        """
40101 W authority of the school not active for the whole section
40103 W school not active for the whole section
40109 W schedule MAJ for another course than ESL (to 1999/2000)
40110 A start more than a month from that of the term
40111 A end more than a month from that of the term
40117 A started, and nobody is enrolled in it
40119 W* summer section at a school without a summer school
40120 W only a start: authority not active then
40121 W only an end: authority not active then
40122 W only a start: school not active then
40123 W only an end: school not active then
40125 R cannot be deleted
40126 W credits offered are none of the course's in that year
40127 W authority of the school has no permission for the course
40128 A distance learning at a school that is no such centre (to 2019/2020)
40129 W* school year outside those of the course
40136 R a course enrolment of it has an approved mark
40137 W organization has no permission for the course in that year
40140 A more minutes than 1,500 for each credit
40143 R territory course at another school
40144 R another course at a territory school
40145 W* territory course at another school
40146 W* another course at a territory school
40150 A* senior high course to be reviewed
61012 W post-secondary course that is not delivered as dual credit (from 2019/2020)
""",
        RULES,
    ),
)

COURSE_ENROLMENT_REJECTIONS: tuple[Number, ...] = numbers(
    """
40201 R school year not accepted for marks
40204 R exit before entry
40218 R school enrolment unknown
40219 R
40225 R entry outside the two calendar years of the school year
40226 R exit outside the two calendar years of the school year
40227 R date of the mark outside the two calendar years of the school year
40230 R school enrolment of another student, school or year
40231 R section deleted
40232 R school enrolment deleted
40235 R
40258 R mark approved
40259 R
40260 R incomplete, in a course that cannot be completed so
40262 R letter as mark (from 1999)
40263 R ended without an exit date
40270 R pass or fail for another course than PED1445
40271 R
40272 R entry not after the date of birth
40285 R territory course outside the territories' authorities
40286 R
40295 R dual enrolment without a partner
40296 R partner not valid in that year
40297 R partner without dual enrolment
40299 R post-secondary course without dual enrolment (to 2019/2020)
42005 R dual credit course without dual enrolment
40291 U change of an approved course enrolment (PASIprep)
40293 U approval of a course enrolment (PASIprep)
""",
    RULES,
)

COURSE_ENROLMENT_ALERTS: tuple[Number, ...] = numbers(
    """
40202 W entry before the start of the section
40203 W exit before the start of the section
40205 W overlap of the same student, section and course
40206 ?
40207 ?
40208 W dual enrolment without a partner (end points before 2017)
40210 ?
40212 W school enrolment deleted (older twin of 40232)
40214 W no live school enrolment
40215 ?
40216 W continuing, and no course enrolment follows
40221 ?
40222 ?
40229 W failing mark in a course of career and technology (to 2018/2019)
40233 ?
40238 ?
40239 W only an entry: school not active then
40240 ?
40241 W authority not active from entry to exit
40242 ?
40243 ?
40244 W entry after the end of the section
40245 W exit after the end of the section
40246 W credits attempted are none of the course's in that year
40249 W of a former school year, without an exit date
40251 ?
40252 W course not active in the school year of the entry
40257 ?
40261 W exit after that of the school enrolment
40264 W school year after the last one of the course
40265 ?
40266 ?
40267 W code for unallocated credits
40268 ?
40269 ?
40274 A more minutes than 1,500 for each credit
40275 A more minutes than the section offers
40276 A funded and ended without minutes, beside another funded one
40277 ?
40278 ?
40287 W territory course outside the territories' authorities
40288 ?
40298 W below grade 10 in a course that junior high does not complete (from 2017/2018)
40347 A exit more than 30 days from the date of the mark
42002 W prerequisite missing (to 2018/2019)
42003 W prerequisite missing (from 2019/2020)
42004 W no permission for the course at these credits
61010 ?
61011 ?
""",
    RULES,
)

EVALUATED_MARKS: tuple[Number, ...] = numbers(
    """
40294 R methods LGC and CON (retired)
40301 R school year not accepted
40303 ? course not active on the date
40306 ? credits not valid for the course
40309 R date outside the school year
40311 R
40312 R
40313 R other mark than P by its method (to 2014/2015)
40315 R the same evaluated mark (removed)
40316 W school not active on the date
40317 W authority not active on the date
40318 R
40320 W date in the future
40321 R mark approved
40323 R
40324 R failing mark by its method (to 2014/2015)
40325 R letter for a course challenge (to 2014/2015)
40327 R methods of the ministry alone
40328 R method does not fit the course
40331 W methods PVT and WPC for other courses (to 2014/2015)
40332 W methods CHA and JRH for other courses (to 2014/2015)
40340 R historical mark from outside the province
40342 R
40345 W second challenge of the same course
40346 R
40349 R
40350 R
40352 R
40355 W external credential fits no pathway of the course
40360 R
40363 R mark must be P by its method (from 2015/2016)
40364 R challenge must be in per cent (from 2015/2016)
40365 R (from 2015/2016)
40366 W an equivalent course was passed before
40369 R
40370 R from a territory school
40375 R
40377 R
40379 R looked at first and alone
40383 R credits for maturity
40388 R
40389 R course for marks from outside the province
40390 R course for marks of private schools
40391 R
40392 R
40393 R methods that PASIprep alone offers
40394 R
40395 W no permission for the course
40396 R method for unallocated credits with another course
40397 R
""",
    RULES,
)

SHARED_MARKS: tuple[Number, ...] = (
    Number("9015", f"{RULES}; Validation Rules between 0 and 9999"),
    *(Number(n, RULES, lacks="course enrolments and evaluated marks") for n in ("40609", "40613")),
    *numbers(
        """
9016 R mark in per cent
9017 R mark as a letter
9018 R mark other than P or F
9021 R mark not found
9022 R type of mark
9024 R leading zeros in a mark
9031 R format of the mark
9032 R score as a number
9033 R course enrolment not found
9034 R evaluated mark not found
9035 R section not found
9036 R diploma exam mark not found
9037 R GED mark not found
9058 R ASN missing or not accessible for academic records
9059 R
9062 R
9063 R ASN of records that were moved by linking changed
9068 R
10117 R school enrolment with live course enrolments deleted
40603 R
40604 R mark approved before its status has been computed
40605-40608 R
40610 R
40611 R empty mark approved
40612 R deleted mark approved
40614 R
""",
        f"{RULES}; Validation Rules between 0 and 9999",
    ),
)

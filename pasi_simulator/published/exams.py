"""Published rule numbers of diploma exams: exams and sittings, registrations and marks, weights."""

from __future__ import annotations

from pasi_simulator.published.rows import Number, numbers

RULES = "Validation Rules between 40000 and 49999"

EXAMS_AND_SITTINGS: tuple[Number, ...] = numbers(
    """
9038 R sitting unknown
9045 R
40401 R course has no diploma exam in that period
40409 R the same exam
40415 R course of a pilot exam
40416 R exam with marks changed
40417 R the same sitting
40418 R
40419 R component of another exam
40420 R name of the place missing
40422 R
40424 R component or writing centre changed while marks hang on it
40426 R writing centre missing
40427 R fewer places than registrations
40428 R number of places missing
40434 R number of places not valid
40527 R
40528 R sitting changed after the time of its component
40529 R
48035 R caller is not of the writing centre
""",
    RULES,
)

EXAM_MARKS: tuple[Number, ...] = numbers(
    """
40500 R registration needs a fee
40501 R period, school year or course of the exam changed
40502 R
40503 R
40504 R mark value with a status that has none
40505-40510 R
40513 R mark of a component that reports none
40521 R (removed: 40526)
40526 R sitting before the date of birth
40530 R exam of the mark is not that of the sitting
40531 R sitting unknown
40532 R sitting deleted
40534 R
40535 R (removed)
40536 R other than a registration, by another than the ministry
40538 R maximum mark, by another than the ministry (end point of 2015)
40539 R
40540 R second registration for the component at one writing centre
40541 R
40542 R registration after the deadline
40543 R
40547 R
40550 R other than registered before the date (to 2014/2015)
40551 R
40552 R no place left at the sitting
40553 R more exam marks than one student may have
40554 R repeated registration
40555 R belongs to an open request in myPass
40557 R other than registered before the deadline (from 2015/2016)
40558 R changed to another student
40559 R
40560 U registration after the deadline (PASIprep)
40561 U special sitting (PASIprep)
40562 U permission for registrations (PASIprep)
40567 R
62007 R a sitting for each component (myPass)
62008 R sitting deleted (myPass)
62009 R repeated registration (myPass)
62020 R
62022-62024 R
80009 U bulk registration: all components chosen
80010 U bulk registration: one sitting for each component
80011-80015 U bulk registration
30050 R school and exam weights add up to 100
30051 R weights of a former year changed
30052 R the same weights
""",
    RULES,
)

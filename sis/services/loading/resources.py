"""The resources of the door, in an order in which a district can be loaded: each after what it points to."""

from sis.services.loading.courses import COURSE_ENROLMENTS, SECTIONS, STORED_GRADES
from sis.services.loading.definition import Resource
from sis.services.loading.enrolments import ENROLMENTS
from sis.services.loading.students import STUDENTS
from sis.services.loading.tables import CALENDARS, COURSES, SCHOOLS, TERMS

RESOURCES: dict[str, Resource] = {
    one.name: one
    for one in (
        SCHOOLS,
        CALENDARS,
        TERMS,
        STUDENTS,
        ENROLMENTS,
        COURSES,
        SECTIONS,
        COURSE_ENROLMENTS,
        STORED_GRADES,
    )
}

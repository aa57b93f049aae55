from sis.models.course import Course, Section, SectionCourse
from sis.models.course_enrolment import CourseEnrolment, StoredGrade
from sis.models.event import DataEvent
from sis.models.load import Delivery, Load, LoadPart
from sis.models.organization import Authority, School, SchoolAccess
from sis.models.student import SchoolEnrolment, Student
from sis.models.years import SchoolCalendar, Term

__all__ = [
    "Authority",
    "Course",
    "CourseEnrolment",
    "DataEvent",
    "Delivery",
    "Load",
    "LoadPart",
    "School",
    "SchoolAccess",
    "SchoolCalendar",
    "SchoolEnrolment",
    "Section",
    "SectionCourse",
    "StoredGrade",
    "Student",
    "Term",
]

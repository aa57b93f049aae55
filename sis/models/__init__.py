from sis.models.event import DataEvent
from sis.models.organisation import Authority, School, SchoolAccess
from sis.models.student import SchoolEnrolment, Student
from sis.models.years import SchoolCalendar, Term

__all__ = ["Authority", "DataEvent", "School", "SchoolAccess", "SchoolCalendar", "SchoolEnrolment", "Student", "Term"]

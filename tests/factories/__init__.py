"""Made-up people and records. Small: each makes what it names and nothing else.

A record that is in step, or that differs, is made by the product's own services (`pasi.py`), so that it is never a picture that
the product could not have.
"""

from tests.factories.copies import (
    AuthorityCopyFactory,
    EnrolmentCopyFactory,
    SchoolCopyFactory,
    SectionCopyFactory,
    StudentCopyFactory,
)
from tests.factories.courses import (
    CalendarFactory,
    CourseEnrolmentFactory,
    CourseFactory,
    SectionCourseFactory,
    SectionFactory,
    StoredGradeFactory,
    TermFactory,
)
from tests.factories.fields import field_added
from tests.factories.jobs import job
from tests.factories.loads import DeliveryFactory, LoadFactory, LoadPartFactory
from tests.factories.organizations import AuthorityFactory, SchoolAccessFactory, SchoolFactory
from tests.factories.pasi import (
    changed_in_pasi,
    created_in_pasi,
    failure,
    link_and_copy,
    link_of,
    moved_in_pasi,
    record_elsewhere,
    submission,
    synchronizing,
    take_up,
)
from tests.factories.people import ServiceFactory, UserFactory, token_of
from tests.factories.reconciliation import reconciliation_run
from tests.factories.students import DataEventFactory, EnrolmentFactory, StudentFactory
from tests.factories.year_end import rehearsal

__all__ = [
    "AuthorityCopyFactory",
    "AuthorityFactory",
    "CalendarFactory",
    "CourseEnrolmentFactory",
    "CourseFactory",
    "DataEventFactory",
    "DeliveryFactory",
    "EnrolmentCopyFactory",
    "EnrolmentFactory",
    "LoadFactory",
    "LoadPartFactory",
    "SchoolAccessFactory",
    "SchoolCopyFactory",
    "SchoolFactory",
    "SectionCopyFactory",
    "SectionCourseFactory",
    "SectionFactory",
    "ServiceFactory",
    "StoredGradeFactory",
    "StudentCopyFactory",
    "StudentFactory",
    "TermFactory",
    "UserFactory",
    "changed_in_pasi",
    "created_in_pasi",
    "failure",
    "field_added",
    "job",
    "link_and_copy",
    "link_of",
    "moved_in_pasi",
    "reconciliation_run",
    "record_elsewhere",
    "rehearsal",
    "submission",
    "synchronizing",
    "take_up",
    "token_of",
]

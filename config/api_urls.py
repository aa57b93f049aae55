"""Addresses of the API. They stay: other products build on them."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from operations.api.jobs import JobViewSet
from operations.api.views import Description, DocumentationPage, NoSuchAddress, Root
from pasi_connect.api.decisions import ActionViewSet
from pasi_connect.api.discrepancies import DiscrepancyViewSet
from pasi_connect.api.exchanges import ExchangeViewSet
from pasi_connect.api.failures import FailureViewSet
from pasi_connect.api.forcing import SendEnrolment, SendSchool
from pasi_connect.api.historical import HistoricalRecord
from pasi_connect.api.sections import SectionViewSet
from pasi_connect.api.students import StudentViewSet
from pasi_connect.api.submissions import SubmissionViewSet
from reconciliation.api.runs import ReconciliationViewSet
from registrar.api.enrolments import EnrolmentViewSet
from registrar.api.exit_codes import ExitCodes
from registrar.api.guided import StudentEnrolments
from registrar.api.year_end import RehearsalViewSet, RunViewSet
from sis.api.bulk import BulkLoad
from sis.api.course_enrolments import CourseEnrolmentViewSet
from sis.api.courses import CourseViewSet
from sis.api.reads import ReadViewSet
from sis.api.schools import SchoolViewSet
from sis.api.stored_grades import StoredGradeViewSet

app_name = "api"

router = SimpleRouter()
router.register("schools", SchoolViewSet, "school")
router.register("students", StudentViewSet, "student")
router.register("enrolments", EnrolmentViewSet, "enrolment")
router.register("courses", CourseViewSet, "course")
router.register("sections", SectionViewSet, "section")
router.register("course-enrolments", CourseEnrolmentViewSet, "course-enrolment")
router.register("stored-grades", StoredGradeViewSet, "stored-grade")
router.register("submissions", SubmissionViewSet, "submission")
router.register("discrepancies", DiscrepancyViewSet, "discrepancy")
router.register("decisions", ActionViewSet, "decision")
router.register("exchanges", ExchangeViewSet, "exchange")
router.register("failures", FailureViewSet, "failure")
router.register("reads", ReadViewSet, "read")
router.register("jobs", JobViewSet, "job")
router.register("year-end/rehearsals", RehearsalViewSet, "year-end-rehearsal")
router.register("year-end/runs", RunViewSet, "year-end-run")
router.register("reconciliations", ReconciliationViewSet, "reconciliation")

urlpatterns = [
    path("", Root.as_view(), name="root"),
    re_path(
        r"^students/(?P<asn>\d{4}-?\d{4}-?\d)/enrolments/$",
        StudentEnrolments.as_view({"get": "list", "post": "create"}),
        name="student-enrolments",
    ),
    re_path(r"^enrolments/(?P<pk>\d{1,18})/send/$", SendEnrolment.as_view({"post": "send"}), name="enrolment-send"),
    re_path(
        r"^enrolments/(?P<pk>\d{1,18})/historical/$",
        HistoricalRecord.as_view({"get": "read", "post": "confirm"}),
        name="enrolment-historical",
    ),
    re_path(r"^schools/(?P<code>\d{4})/send/$", SendSchool.as_view({"post": "send"}), name="school-send"),
    path("enrolments/exit-codes/", ExitCodes.as_view({"post": "create"}), name="enrolment-exit-codes"),
    re_path(r"^bulk/(?P<resource>[a-z-]{1,40})/$", BulkLoad.as_view({"put": "load"}), name="bulk"),
    path("", include(router.urls)),
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", DocumentationPage.as_view(), name="docs"),
    re_path(r"^.*$", NoSuchAddress.as_view(), name="no-such-address"),
]

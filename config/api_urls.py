"""Addresses of the API. They stay: other products build on them."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from operations.api.views import Description, DocumentationPage, NoSuchAddress
from operations.api.jobs import JobViewSet
from pasi_connect.api.discrepancies import DiscrepancyViewSet
from pasi_connect.api.enrolments import EnrolmentViewSet
from pasi_connect.api.exchanges import ExchangeViewSet
from pasi_connect.api.submissions import SubmissionViewSet
from sis.api.schools import SchoolViewSet
from sis.api.students import StudentViewSet

app_name = "api"

router = SimpleRouter()
router.register("schools", SchoolViewSet, "school")
router.register("students", StudentViewSet, "student")
router.register("enrolments", EnrolmentViewSet, "enrolment")
router.register("submissions", SubmissionViewSet, "submission")
router.register("discrepancies", DiscrepancyViewSet, "discrepancy")
router.register("exchanges", ExchangeViewSet, "exchange")
router.register("jobs", JobViewSet, "job")

urlpatterns = [
    path("", include(router.urls)),
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", DocumentationPage.as_view(), name="docs"),
    re_path(r"^.*$", NoSuchAddress.as_view(), name="no-such-address"),
]

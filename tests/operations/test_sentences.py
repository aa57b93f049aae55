"""What a job has stored speaks the language of whoever reads it, whoever started it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from operations.actor import of_user
from operations.models import Job, JobRow
from operations.sentences import in_own_language
from operations.services import jobs
from pasi_connect.rules import forced
from pasi_connect.services.decisions import bulk
from reconciliation.engine import running
from registrar.rules import year_end
from registrar.services import year_end as closing
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories
from tests.api.conftest import client_of


@pytest.fixture(autouse=True)
def in_nobodys_language():
    """A client's request leaves its language behind in the process of the test."""
    yield
    translation.deactivate()


def of_rules():
    """What a rule says of an enrolment that breaks it, with the rule's number."""
    record = {
        "start_date": dt.date(2026, 9, 1), "exit_date": dt.date(2026, 8, 1), "exit_code": "", "school_year": SchoolYear(2027),
    }  # fmt: skip
    enrolment = enrolments.values(factories.EnrolmentFactory()) | record
    try:
        enrolments.check(enrolment)
    except ValidationError as error:
        return " ".join(error.messages)
    raise AssertionError


PLACES = [bulk.Place("school_enrolment", f"710{n}", SchoolYear(2027), 60, 200) for n in range(7)]
PRODUCERS = {
    "guard": lambda: bulk.why_approval(PLACES[:1]),
    "guard of many schools": lambda: bulk.why_approval(PLACES),
    "fault": lambda: jobs.fault("ValueError at sis/rules/stays.py:88 in faults"),
    "changed": lambda: closing._sentence("May Mark", {"exit_date", "exit_code"}),
    "changed by nobody known": lambda: closing._sentence("", set()),
    "rules": of_rules,
    **{f"forced {code}": lambda row=row: translation.gettext(row.message) for code, row in forced.BY_CODE.items()},
    **{f"year end {code}": lambda row=row: translation.gettext(row.message) for code, row in year_end.BY_CODE.items()},
    **{text: lambda text=text: translation.gettext(text) for text in (running.READ_FIRST, running.PAIR, running.WRITE)},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PRODUCERS)
@pytest.mark.parametrize(("starter", "reader"), [("en", "fr"), ("fr", "en"), ("en", "en"), ("fr", "fr")])
def test_a_stored_sentence_is_as_if_the_reader_had_caused_it(name, starter, reader):
    with translation.override(starter):
        stored = PRODUCERS[name]()
    with translation.override(reader):
        shown, own = in_own_language(stored), PRODUCERS[name]()
    with translation.override(starter):
        assert shown == own or in_own_language(own) == stored  # two English sentences may be one in French
    assert (shown == stored) == (starter == reader)


@pytest.mark.parametrize(
    "text", ["", "7101", "Sample, Ada", "Everything else stays as it is.", "a (b) c; d. e", "100 %", "(", "%(who)s"]
)
def test_what_is_no_sentence_of_ours_stays(text):
    for code in ("en", "fr"):
        with translation.override(code):
            assert in_own_language(text) == text


@pytest.mark.django_db
def test_page_and_api_speak_the_reader_s_language(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    starter = factories.UserFactory(username="starter", role="District officer", language="en")
    reader = factories.UserFactory(username="reader", role="District officer", language="fr")
    with translation.override("en"):
        job = jobs.start(
            of_user(starter), "pasi_connect.bulk_decision", {}, total=4, needs_approval=bulk.why_approval(PLACES[:1])
        )
        jobs.cancel(of_user(starter), job.pk)
        JobRow.objects.create(
            job=job, entity="x", subject_id="1", code="fault", message=jobs.fault("ValueError at a.py:1 in b")
        )
    client = Client()
    client.force_login(reader)
    for address in (reverse("operations:jobs"), reverse("operations:job", args=[job.pk])):
        page = client.get(address).content.decode()
        assert "Annulée par" in page and "Cancelled by" not in page
    assert "Une erreur dans PASI Connect" in page
    api = client_of(reader)
    answer = api.get(f"jobs/{job.pk}/", headers={"Accept-Language": "fr"}).json()
    assert answer["detail"].startswith("Annulée par")
    rows = api.get(f"jobs/{job.pk}/rows/", headers={"Accept-Language": "fr"}).json()
    assert rows["results"][0]["message"].startswith("Une erreur dans PASI Connect")
    assert Job.objects.get().detail.startswith("Cancelled by")

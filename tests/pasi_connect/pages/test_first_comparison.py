"""What was compared for the first time: a view of its own by field, decided together, and counted nowhere else."""

import pytest
from django.urls import reverse

from alerts import selectors as alerts
from operations.models import Job
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.filters import DiscrepancyFilter
from pasi_connect.models import Action, Discrepancy
from pasi_connect.services.decisions import taking_back
from pasi_connect.services.decisions.bulk import JOB
from pasi_connect.views import changes
from sis.models import SchoolEnrolment, Section
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/changes/first-comparison/"


def compared(school, **theirs):
    """A record of which nothing was ever compared before."""
    made = factories.EnrolmentFactory(school=school, grade="08", local_student_id="")
    factories.link_and_copy(made, **theirs)
    return Discrepancy.objects.get(subject_id=made.pk, entity="school_enrolment")


@pytest.fixture
def first(here):
    """Three of the school differ in their grade, one of them in its local number too; one of another school differs."""
    mine = [compared(here.school, grade="09") for _ in range(2)]
    mine.append(compared(here.school, grade="", local_student_id="77"))
    return [*mine, compared(here.other, grade="10")]


def rows(client, query=""):
    return client.get(PAGE + query).context["rows"]


def texts(client, query=""):
    return [
        (row["line"].field, row["line"].count, row["line"].sis_empty, row["line"].pasi_empty, row["line"].both)
        for row in rows(client, query)
    ]


def test_by_field_how_many_and_which_side_is_empty(first, here, registrar, as_person):
    assert all(item.first_comparison for item in Discrepancy.objects.all())
    assert texts(registrar) == [("grade", 3, 0, 1, 2), ("local_student_id", 1, 1, 0, 0)]
    assert texts(as_person(here.district)) == [("grade", 4, 0, 1, 3), ("local_student_id", 1, 1, 0, 0)]
    assert texts(as_person(here.stranger)) == [("grade", 1, 0, 0, 1)]
    [grade, _number] = rows(registrar)
    assert (grade["sis"], grade["pasi"]) != ("", "")


def test_of_each_kind_of_record_its_own(first, here, registrar):
    section = factories.SectionFactory(school=here.school)
    factories.link_and_copy(section, description="Other words")
    assert Section.objects.get() == section
    assert [(row["line"].entity.kind, row["line"].field) for row in rows(registrar)] == [
        ("school_enrolment", "grade"),
        ("school_enrolment", "local_student_id"),
        ("section", "description"),
    ]
    assert texts(registrar, "?entity=section") == [("description", 1, 0, 0, 1)]


def test_the_filters_are_those_of_the_list(first, here, registrar, as_person):
    assert texts(registrar, "?field=local_student_id") == [("local_student_id", 1, 1, 0, 0)]
    assert texts(as_person(here.district), f"?school={here.other.code}") == [("grade", 1, 0, 0, 1)]
    assert registrar.get(f"{PAGE}?colour=red").status_code == 400
    assert registrar.get(f"{PAGE}?school_year=odd").status_code == 400
    listed = registrar.get(rows(registrar)[0]["list"])
    assert [row["item"] for row in listed.context["rows"]] == first[:3]
    file = registrar.get("/changes/export/csv/?first_comparison=true")
    assert b"".join(file.streaming_content if file.streaming else [file.content]).count(b"\n") > 3


def test_it_counts_neither_on_home_nor_in_mails_nor_in_the_tabs(first, here, registrar):
    user = here.registrar
    assert selectors.counts(user)["changes"] == 0
    assert changes.waiting(changes.group_counts(user)) == 0
    assert not selectors.alike(user, 5)
    assert not alerts.needing_a_person(selectors.discrepancies(user)).exists()
    assert registrar.get("/").context["title"] == "Everything in step" or registrar.get("/").context["waits"] == []
    assert registrar.get("/changes/").context["rows"] == []
    assert "Review the first comparison" in registrar.get("/changes/").content.decode()


def test_without_any_the_view_says_so_and_the_list_does_not_name_it(here, registrar):
    page = registrar.get(PAGE)
    assert page.context["rows"] == []
    assert "Nothing to decide here" in page.content.decode()
    assert "Review the first comparison" not in registrar.get("/changes/").content.decode()


def test_what_also_changed_in_pasi_waits_as_any_change(here, registrar):
    one = compared(here.school, grade="09")
    enrolment = SchoolEnrolment.objects.get(pk=one.subject_id)
    factories.changed_in_pasi(enrolment, exit_date=enrolment.start_date)
    one.refresh_from_db()
    assert (one.kind, one.first_comparison) == ("never_agreed", False)
    assert selectors.counts(here.registrar)["changes"] == 1


def run(client, address, reason=""):
    """Looks at the preview, then starts the job as the page does. Gives the action."""
    page = client.get(address)
    assert page.status_code == 200
    given = dict(page.context["keep"])
    body = {**given, "named": "1", "kinds": "never_agreed", "seen": page.context["seen"], "reason": reason}
    assert client.post(reverse("pasi_connect:bulk"), body).status_code == 302
    job = Job.objects.filter(kind=JOB).latest("pk")
    jobs.run(job.pk)
    return Action.objects.get(job=job)


def test_accepting_one_field_for_all_leaves_the_others_open(first, here, registrar):
    action = run(registrar, rows(registrar)[0]["accept"])
    assert action.inputs["field"] == "grade"
    grades = [SchoolEnrolment.objects.get(pk=item.subject_id).grade for item in first]
    assert grades == ["09", "09", "", "08"]
    assert [Discrepancy.objects.get(pk=item.pk).is_open for item in first] == [False, False, True, True]
    assert texts(registrar) == [("local_student_id", 1, 1, 0, 0)]


def test_keeping_ours_for_all_needs_a_reason_and_sends_them(first, here, registrar):
    address = rows(registrar)[0]["reject"]
    page = registrar.get(address)
    body = {**dict(page.context["keep"]), "named": "1", "kinds": "never_agreed", "seen": page.context["seen"]}
    assert registrar.post(reverse("pasi_connect:bulk"), body).status_code == 422
    run(registrar, address, reason="The SIS is right.")
    assert [Discrepancy.objects.get(pk=item.pk).undecided for item in first] == [0, 0, 1, 1]
    assert texts(registrar) == [("local_student_id", 1, 1, 0, 0)]


def test_the_bulk_is_undone_and_all_of_it_is_a_first_comparison_again(first, here, registrar):
    before = texts(registrar)
    action = run(registrar, rows(registrar)[0]["accept"])
    job = taking_back.start(_actor(here.registrar), action.pk, "Too early.")
    jobs.run(job.pk)
    assert texts(registrar) == before
    assert {SchoolEnrolment.objects.get(pk=item.subject_id).grade for item in first} == {"08"}


def _actor(user):
    from operations.actor import of_user

    return of_user(user)


def test_who_may_look_and_not_decide_is_offered_no_decision(first, here, as_person):
    page = as_person(here.admin).get(PAGE)
    assert page.status_code == 200
    assert "Accept PASI for all" not in page.content.decode()


def test_an_unknown_field_is_not_found(first, registrar):
    address = rows(registrar)[0]["accept"].replace("only=grade", "only=colour")
    assert registrar.get(address).status_code == 404


def test_one_set_of_filters(first):
    assert "first_comparison" in DiscrepancyFilter.base_filters
    found = DiscrepancyFilter({"first_comparison": "true"}, Discrepancy.objects.all())
    assert found.qs.count() == 4
    assert DiscrepancyFilter({"group": "conflicts"}, Discrepancy.objects.all()).qs.count() == 0
    both = {"group": "conflicts", "first_comparison": "true"}
    assert DiscrepancyFilter(both, Discrepancy.objects.all()).qs.count() == 4


def test_the_same_number_of_queries_however_many(first, here, registrar, django_assert_max_num_queries):
    for _ in range(5):
        compared(here.school, grade="11")
    with django_assert_max_num_queries(30):
        registrar.get(PAGE)

"""Deciding together on pages: choosing, the preview, the job's page, what was done and taking it back; files of the list."""

import re

import pytest

from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect import selectors
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, Decision, EnrolmentCopy, SyncSettings
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.decisions import bulk
from pasi_connect.services.pull import copies
from sis.models import SchoolEnrolment
from sis.services import enrolments
from tests.factories import changed_in_pasi, created_in_pasi, link_of, take_up
from tests.factories.pasi import _store
from tests.markup import squeezed
from tests.pasi_connect.pages.waiting import conflict, many

pytestmark = pytest.mark.django_db


def hidden(page):
    """What the form that starts the job would post."""
    form = squeezed(page.content.decode()).partition('<form method="post" class="stack-l"')[2].partition("</form>")[0]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    data.pop("csrfmiddlewaretoken", None)
    return data


def run(response):
    assert response.status_code == 302, response.content.decode()[:2000]
    pk = int(re.search(r"/jobs/(\d+)/", response["Location"])[1])
    jobs.run(pk)
    return pk


# The list --------------------------------------------------------------------------------------------------------


def test_rows_that_can_be_decided_can_be_chosen(here, as_person, item):
    decided = many(here, 1)[0]
    decisions.reject(of_user(here.registrar), decided.pk, reason="Ours")
    text = squeezed(as_person(here.registrar).get("/changes/").content.decode())
    assert f'name="item" value="{item.pk}"' in text
    assert f'name="item" value="{decided.pk}"' not in text
    assert "Accept PASI…" in text and "Keep SIS…" in text


def test_who_does_not_decide_chooses_nothing(here, as_person, item):
    text = as_person(here.admin).get("/changes/").content.decode()
    assert 'name="item"' not in text
    assert as_person(here.admin).get(f"/changes/bulk/?decision=accept&item={item.pk}").status_code == 403


def test_all_of_a_filter_is_offered_where_there_is_more_than_a_page(here, as_person):
    many(here, 26)
    text = as_person(here.registrar).get("/changes/?group=safe").content.decode()
    assert "or all 26 in this filter" in text
    assert '<input type="hidden" name="group" value="safe">' in text


def test_the_link_to_pasiprep_shows_where_it_is_set(here, as_person, item):
    SyncSettings.objects.update(pasiprep_link="https://pasiprep.example.org/enrolment/{ref_id}")
    for address in ("/changes/", f"/changes/{item.pk}/"):
        text = as_person(here.registrar).get(address).content.decode()
        assert f"https://pasiprep.example.org/enrolment/{item.key}" in text


def test_a_filter_by_who_moved(here, as_person, item):
    both = conflict(here)
    text = as_person(here.registrar).get("/changes/?moved=both").content.decode()
    rows = text.partition("<tbody")[2].partition("</tbody>")[0]
    assert f"/changes/{both.pk}/" in rows and f"/changes/{item.pk}/" not in rows
    assert "Who changed: Both sides" in text


# The preview -----------------------------------------------------------------------------------------------------


def test_the_preview_says_what_would_happen_and_changes_nothing(here, as_person):
    items = many(here, 3)
    both = conflict(here)
    query = "&".join(f"item={one.pk}" for one in (*items, both))
    text = as_person(here.registrar).get(f"/changes/bulk/?decision=accept&{query}").content.decode()
    assert "Accept PASI in 3 changes" in text
    assert "Accept PASI: change 3 here" in text
    assert "1 conflict needs a separate review" in text
    assert not (Job.objects.exists() or Decision.objects.exists())


def test_a_conflict_is_decided_where_its_kind_is_ticked(here, as_person):
    both = conflict(here)
    registrar = as_person(here.registrar)
    page = registrar.get(f"/changes/bulk/?decision=reject&item={both.pk}")
    assert "None of these changes would be decided" in page.content.decode()
    page = registrar.get(f"/changes/bulk/?decision=reject&item={both.pk}&named=1&kinds=changed_on_both")
    assert "Keep SIS: send 1" in page.content.decode()
    pk = run(registrar.post("/changes/bulk/", {**hidden(page), "reason": "Ours is right"}))
    assert Job.objects.get(pk=pk).status == "completed"
    both.refresh_from_db()
    assert (both.status, both.undecided) == ("open", 0)


def test_keeping_asks_for_a_reason(here, as_person, item):
    registrar = as_person(here.registrar)
    page = registrar.get(f"/changes/bulk/?decision=reject&item={item.pk}")
    answer = registrar.post("/changes/bulk/", hidden(page))
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_list_that_has_moved_is_shown_anew_and_not_started(here, as_person):
    many(here, 2)
    registrar = as_person(here.registrar)
    page = registrar.get("/changes/bulk/?decision=accept&all=1&group=safe")
    many(here, 1)
    answer = registrar.post("/changes/bulk/", {**hidden(page), "reason": "Told by phone"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "the list has changed" in text and "Told by phone" in text and "Accept PASI in 3 changes" in text
    assert not Job.objects.exists()


def test_what_deletes_in_pasi_stays_open_unless_ticked(here, as_person):
    made = created_in_pasi("123456782", here.school.code)
    text = as_person(here.registrar).get(f"/changes/bulk/?decision=reject&item={made.pk}").content.decode()
    assert "None of these changes would be decided" in text
    assert "Keeping SIS deletes these enrolments in PASI." in text


def test_foreign_items_are_not_among_the_chosen(here, as_person, item):
    text = as_person(here.stranger).get(f"/changes/bulk/?decision=accept&item={item.pk}").content.decode()
    assert "None of these changes would be decided" in text
    assert item.school_enrolment.student.name not in text


@pytest.mark.parametrize("query", ["decision=maybe", ""])
def test_what_makes_no_sense_does_not_exist(here, as_person, item, query):
    assert as_person(here.registrar).get(f"/changes/bulk/?{query}").status_code == 404


# Job, action, undo -----------------------------------------------------------------------------------------------


@pytest.fixture
def done(here, as_person):
    """Three accepted together. Gives the action."""
    many(here, 3)
    registrar = as_person(here.registrar)
    page = registrar.get("/changes/bulk/?decision=accept&all=1&group=open")
    run(registrar.post("/changes/bulk/", {**hidden(page), "reason": "Told by phone"}))
    return Action.objects.get(kind="bulk_decision")


def test_the_jobs_page_tells_the_result_and_leads_to_the_undo(here, as_person, done):
    registrar = as_person(here.registrar)
    text = registrar.get(f"/jobs/{done.job_id}/").content.decode()
    assert "Bulk decisions: 3 done" in text
    assert "All records succeeded" in text
    assert f"/actions/{done.pk}/undo/" in text
    assert "Bulk decisions" in registrar.get("/jobs/").content.decode()


def test_rows_of_a_job_lead_to_their_records(here, as_person):
    items = many(here, 2)
    _action, job, _found = bulk.start(
        of_user(here.registrar), selectors.discrepancies(here.registrar), bulk.Choice("accept"), {}
    )
    changed_in_pasi(items[0].school_enrolment, grade="10")
    jobs.run(job.pk)
    text = as_person(here.registrar).get(f"/jobs/{job.pk}/").content.decode()
    assert "Bulk decisions: 1 done, 1 needs attention" in text
    assert f'<a href="/changes/{items[0].pk}/">{items[0].school_enrolment.student.name}</a>' in text
    assert "It has changed since the list was made" in text


def test_the_action_shows_its_records_and_the_undo_says_what_no_longer_goes(here, as_person, done):
    registrar = as_person(here.registrar)
    text = registrar.get(f"/actions/{done.pk}/").content.decode()
    assert "Bulk decisions: Accept PASI, 3 records" in text and "Told by phone" in text
    first = done.records.first()
    enrolments.change(of_user(here.registrar), first.subject_id, {"grade": "12"})
    text = registrar.get(f"/actions/{done.pk}/undo/").content.decode()
    assert "2 records can be undone, 1 cannot" in text
    assert "The record has changed here since." in text
    assert registrar.post(f"/actions/{done.pk}/undo/").status_code == 422
    run(registrar.post(f"/actions/{done.pk}/undo/", {"reason": "The wrong list"}))
    assert sorted(SchoolEnrolment.objects.values_list("grade", flat=True)) == ["08", "08", "12"]


def test_a_single_decision_goes_back_at_once(here, as_person, item):
    decisions.accept(of_user(here.registrar), item.pk)
    action = Action.objects.get()
    registrar = as_person(here.registrar)
    assert "1 record can be undone" in registrar.get(f"/actions/{action.pk}/undo/").content.decode()
    assert registrar.post(f"/actions/{action.pk}/undo/").status_code == 302
    item.refresh_from_db()
    assert item.status == "open"
    assert registrar.get(f"/actions/{action.pk}/undo/").status_code == 302
    assert "undone" in registrar.get("/actions/?undone=true").content.decode().lower()


def test_the_guard_shows_the_list_to_who_approves(here, as_person):
    items = many(here, 51)
    registrar, district = as_person(here.registrar), as_person(here.district)
    page = registrar.get("/changes/bulk/?decision=accept&all=1&group=open")
    assert "until a district officer approves it" in page.content.decode()
    assert run(registrar.post("/changes/bulk/", hidden(page)))
    job = Job.objects.get()
    assert job.status == "waiting_approval"
    text = registrar.get(f"/jobs/{job.pk}/").content.decode()
    assert "waiting for approval" in text and "Approve: 51 records" not in text
    text = district.get(f"/jobs/{job.pk}/").content.decode()
    assert "Approve: 51 records" in text and "100 %" in text
    action = Action.objects.get()
    shown = district.get(f"/actions/{action.pk}/").content.decode()
    assert (
        "Bulk decisions: Accept PASI, 51 changes on the list" in shown
        and items[0].school_enrolment.student.name in shown
    )
    assert items[50].school_enrolment.student.name in district.get(f"/actions/{action.pk}/?from=50").content.decode()
    assert registrar.post(f"/jobs/{job.pk}/approve/").status_code == 403
    assert district.post(f"/jobs/{job.pk}/approve/").status_code == 302
    jobs.run(job.pk)
    assert Decision.objects.count() == 51


def test_who_may_approve_approves_by_confirming(here, as_person):
    """They have looked at the list: nobody asks them a second time."""
    many(here, 51)
    district = as_person(here.district)
    page = district.get("/changes/bulk/?decision=accept&all=1&group=open")
    assert "Your confirmation is the approval" in page.content.decode()
    assert page.context["button"] == "Approve. Accept PASI: change 51 here"
    district.post("/changes/bulk/", hidden(page))
    job = Job.objects.get()
    assert (job.status, job.approved_by, len(job.result["guard"])) == ("queued", here.district.full_name, 1)
    jobs.run(job.pk)
    assert Decision.objects.count() == 51
    told = AuditEntry.objects.get(action="job", subject_id=str(job.pk), reason="approved by its own confirmation")
    assert told.user == here.district


def test_the_list_may_move_and_then_nothing_is_approved(here, as_person):
    items = many(here, 51)
    district = as_person(here.district)
    seen = hidden(district.get("/changes/bulk/?decision=accept&all=1&group=open"))
    decisions.accept(of_user(here.registrar), items[0].pk)
    assert district.post("/changes/bulk/", seen).status_code == 409
    assert not Job.objects.exists()


def test_every_row_is_in_the_preview(here, as_person):
    items = many(here, 60)
    conflict(here)  # stays open, so it is not among them
    client, address, seen = as_person(here.registrar), "/changes/bulk/?decision=accept&all=1&group=open&field=grade", []
    while address:
        page = client.get(address.partition("#")[0])
        seen += [row["item"].pk for row in page.context["rows"]]
        address = page.context["pager"]["next"]
    assert seen == [item.pk for item in items]
    earlier = client.get(page.context["pager"]["earlier"].partition("#")[0])
    assert [row["item"].pk for row in earlier.context["rows"]] == seen[25:50]
    assert "Showing 25 of 60" in earlier.content.decode()
    assert client.get("/changes/bulk/?decision=accept&all=1&rows_after=x").status_code == 404


def test_kinds_that_were_named_stay_named_on_the_next_page(here, as_person):
    many(here, 30)
    both = conflict(here)
    named = "named=1&kinds=changed_in_pasi&kinds=changed_on_both"
    page = as_person(here.registrar).get(f"/changes/bulk/?decision=accept&all=1&{named}")
    following = as_person(here.registrar).get(page.context["pager"]["next"].partition("#")[0])
    assert following.context["number"] == 31
    assert following.context["rows"][-1]["item"].pk == both.pk


def test_the_state_of_a_job_asks_again_until_it_has_moved_on(here, as_person):
    many(here, 1)
    _action, job, _found = bulk.start(
        of_user(here.registrar), selectors.discrepancies(here.registrar), bulk.Choice("accept"), {}
    )
    registrar = as_person(here.registrar)
    waiting = registrar.get(f"/jobs/{job.pk}/state/?was=queued")
    assert 'data-poll="2"' in waiting.content.decode() and "HX-Refresh" not in waiting
    jobs.run(job.pk)
    ended = registrar.get(f"/jobs/{job.pk}/state/?was=queued")
    assert ended["HX-Refresh"] == "true" and "data-poll" not in ended.content.decode()


def test_cancel_and_go_on(here, as_person):
    many(here, 1)
    _action, job, _found = bulk.start(
        of_user(here.registrar), selectors.discrepancies(here.registrar), bulk.Choice("accept"), {}
    )
    registrar = as_person(here.registrar)
    assert registrar.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    assert "cancelled after 0 of 1" in registrar.get(f"/jobs/{job.pk}/").content.decode()
    assert registrar.post(f"/jobs/{job.pk}/resume/").status_code == 302
    jobs.run(job.pk)
    assert Decision.objects.count() == 1


def test_a_bulk_is_one_entry_of_the_recent_activity(here, as_person, done):
    text = as_person(here.registrar).get("/").content.decode()
    activity = text.partition('id="h-activity"')[2]
    assert activity.count("Bulk decisions") >= 1
    assert "Accepted PASI: Grade" not in activity
    assert f"/actions/{done.pk}/undo/" in activity


def test_pages_ask_as_often_for_many_records_as_for_few(here, as_person, django_assert_max_num_queries):
    many(here, 20)
    registrar = as_person(here.registrar)
    page = registrar.get("/changes/bulk/?decision=accept&all=1&group=open")
    pk = run(registrar.post("/changes/bulk/", hidden(page)))
    action = Action.objects.get()
    for address in (f"/jobs/{pk}/", "/jobs/", f"/actions/{action.pk}/", f"/actions/{action.pk}/undo/", "/actions/"):
        with django_assert_max_num_queries(32, info=address):
            registrar.get(address)


# After a reset ---------------------------------------------------------------------------------------------------


def test_pasis_former_value_can_be_taken_after_a_reset_has_arrived(here, as_person, enrolment, item):
    decision = decisions.reject(of_user(here.registrar), item.pk, reason="Ours")
    take_up(enrolment)
    changed_in_pasi_to_ours(enrolment)
    item.refresh_from_db()
    assert item.status == "settled"
    registrar = as_person(here.registrar)
    text = registrar.get(f"/changes/{item.pk}/").content.decode()
    assert "Take PASI's former value" in text and "Grade 09" in text
    assert registrar.post(f"/decisions/{decision.pk}/take-former/").status_code == 302
    enrolment.refresh_from_db()
    assert enrolment.grade == "09"
    assert "Take PASI" not in registrar.get(f"/changes/{item.pk}/").content.decode()


def changed_in_pasi_to_ours(enrolment):
    """PASI has taken what was sent."""
    copy = EnrolmentCopy.objects.get(key=link_of(enrolment).key)
    _store(
        copies.to_document(copy.document, ENTITY),
        {**values.theirs(copy), "grade": "08"},
        copy.core_version + 1,
        "x",
        "S.1",
    )
    comparing.evaluate(ENTITY, keys=[copy.key])

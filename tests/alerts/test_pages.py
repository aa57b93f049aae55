"""The pages: who looks after a change, the list by person, one's own choices."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Absence, Assignment, Mail, MailChoice, Snooze
from alerts.services import assigning
from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry, User
from pasi_connect.services import decisions

pytestmark = pytest.mark.django_db


def give(item, to, by=None):
    assigning.assign(of_user(by or to), item.pk, to.pk, holder_id=None)


def test_a_change_is_taken_and_handed_over_on_its_page(here, as_person, differing):
    item = differing()
    registrar = as_person(here.registrar)
    page = registrar.get(f"/changes/{item.pk}/").content.decode()
    assert "Not assigned yet" in page
    assert "Assign to me" in page
    answer = registrar.post(f"/changes/{item.pk}/assign/", {"to": here.registrar.pk, "seen": ""}, follow=True)
    assert "This change is now assigned to you." in answer.content.decode()
    given = {"to": here.colleague.pk, "seen": here.registrar.pk, "reason": "Knows <b>them</b>."}
    page = registrar.post(f"/changes/{item.pk}/assign/", given, follow=True).content.decode()
    assert f"Assigned to {here.colleague.full_name}" in page
    assert "Knows &lt;b&gt;them&lt;/b&gt;." in page
    page = registrar.post(f"/changes/{item.pk}/assign/", given, follow=True).content.decode()
    assert f"This change is now assigned to {here.colleague.full_name}." in page  # the page was an old one
    nobody_chosen = {"to": "", "seen": here.colleague.pk}
    assert (
        "Choose a person" in registrar.post(f"/changes/{item.pk}/assign/", nobody_chosen, follow=True).content.decode()
    )
    back = {**nobody_chosen, "back": "1"}
    assert "no longer assigned" in registrar.post(f"/changes/{item.pk}/assign/", back, follow=True).content.decode()
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("to", ["stranger", "nonsense", "-1"])
def test_somebody_who_does_not_decide_there_is_refused(here, as_person, differing, to):
    item = differing()
    person = getattr(here, to, None)
    given = {"to": person.pk if person else to}
    page = as_person(here.registrar).post(f"/changes/{item.pk}/assign/", given, follow=True).content.decode()
    assert "Not saved:" in page
    assert not Assignment.objects.exists()


def test_history_stays_on_a_settled_change_and_there_is_nothing_to_press(here, as_person, differing):
    item = differing()
    give(item, here.registrar)
    decisions.accept(of_user(here.colleague), item.pk)
    page = as_person(here.registrar).get(f"/changes/{item.pk}/").content.decode()
    assert f"To {here.registrar.full_name}" in page
    assert "Assign to me" not in page


def test_the_administrator_looks_and_does_not_assign(here, as_person, differing):
    item = differing()
    assert "Assign to me" not in as_person(here.admin).get(f"/changes/{item.pk}/").content.decode()
    assert as_person(here.admin).post(f"/changes/{item.pk}/assign/", {"to": ""}).status_code == 403


def test_the_list_by_person(here, as_person, differing):
    mine, theirs, nobodys = differing(), differing(), differing()
    give(mine, here.registrar)
    give(theirs, here.colleague)
    client = as_person(here.registrar)

    def rows_and_page(query=""):
        page = client.get(f"/changes/{query}")
        assert page.status_code == 200
        return [row["item"].pk for row in page.context["rows"]], page.content.decode()

    rows, page = rows_and_page("?who=me")
    assert rows == [mine.pk]
    assert f"assigned to {here.registrar.full_name}" in page
    assert "Assigned to: Me" in page
    assert rows_and_page("?who=nobody")[0] == [nobodys.pk]
    assert rows_and_page("?who=anybody")[0] == [mine.pk, theirs.pk]
    assert rows_and_page(f"?who={here.colleague.pk}")[0] == [theirs.pk]
    assert rows_and_page("?who=me&kind=never_agreed")[0] == []
    assert client.get("/changes/?who=17x").status_code == 400
    assert [row["item"] for row in as_person(here.stranger).get("/changes/?who=anybody").context["rows"]] == []


def test_the_former_address_of_the_list_leads_to_it(here, as_person):
    """It stands in mails that were sent."""
    client = as_person(here.registrar)
    assert client.get("/changes/mine/")["Location"] == "/changes/?who=me"
    assert client.get("/changes/mine/?who=nobody&school=7101")["Location"] == "/changes/?who=nobody&school=7101"


def test_who_works_through_their_own_changes_stays_among_them(here, as_person, differing):
    items = [differing() for _ in range(4)]
    for n in (0, 2):
        give(items[n], here.registrar)
    page = as_person(here.registrar).get(f"/changes/{items[0].pk}/?who=me")
    assert page.context["next"] == f"/changes/{items[2].pk}/?who=me"
    given = {"version": items[2].version, "do": "all-pasi"}
    answer = as_person(here.registrar).post(f"/changes/{items[2].pk}/?who=me", given)
    assert answer["Location"] == f"/changes/{items[0].pk}/?who=me"


def test_the_stand_in_sees_whose_work_it_is(here, as_person, differing):
    item = differing()
    give(item, here.registrar)
    today = clock.today()
    given = {"first_day": today, "last_day": today, "stand_in": here.colleague.pk}
    answer = as_person(here.registrar).post("/profile/absence/", given, follow=True)
    assert f"{here.colleague.full_name} covers for you until {today}" in answer.content.decode()
    page = as_person(here.colleague).get("/changes/?who=me").content.decode()
    assert f"You are covering for {here.registrar.full_name}." in page
    assert item.school_enrolment.student.name in page
    on_item = as_person(here.district).get(f"/changes/{item.pk}/").content.decode()
    assert f"{here.registrar.full_name} is away; {here.colleague.full_name} is covering." in on_item


def test_the_list_asks_as_often_for_many_as_for_one(here, as_person, differing):
    client = as_person(here.registrar)

    def count_queries():
        with CaptureQueriesContext(connection) as queries:
            rows = client.get("/changes/?who=me").context["rows"]
        return len(queries), len(rows)

    give(differing(), here.registrar)
    count_queries()  # what the person has read is entered once an hour
    one = count_queries()
    for _ in range(26):
        give(differing(), here.registrar)
    assert count_queries() == (one[0], 25)


def test_an_absence_that_cannot_be_is_told_at_its_field_and_what_was_typed_stays(here, as_person):
    today = clock.today()
    given = {"first_day": today, "last_day": today - dt.timedelta(days=1), "stand_in": here.colleague.pk}
    answer = as_person(here.registrar).post("/profile/absence/", given)
    assert answer.status_code == 422
    assert set(answer.context["absence_form"].errors) == {"last_day"}
    assert f'value="{today}"' in answer.content.decode()
    assert as_person(here.registrar).post("/profile/absence/", {"stand_in": here.stranger.pk}).status_code == 422
    assert not Absence.objects.exists()


def test_an_absence_is_ended_by_the_person_alone(here, as_person):
    today = clock.today()
    absence = Absence.objects.create(
        user=here.registrar, stand_in=here.colleague, first_day=today, last_day=today, made_at=clock.now()
    )
    assert as_person(here.colleague).post(f"/profile/absence/{absence.pk}/end/").status_code == 404
    as_person(here.registrar).post(f"/profile/absence/{absence.pk}/end/")
    absence.refresh_from_db()
    assert absence.ended_at


def test_mail_is_chosen_and_tried_on_ones_own_page(here, as_person):
    client = as_person(here.registrar)
    assert "Daily: changes older than two days" in client.get("/profile/").content.decode()
    client.post("/profile/notices/", {"how": "at_once"})
    assert MailChoice.objects.get(user=here.registrar).how == "at_once"
    assert AuditEntry.objects.get(action="mail choice changed").changes == {"how": ["daily", "at_once"]}
    assert client.post("/profile/notices/", {"how": "hourly"}).status_code == 422
    page = client.post("/profile/notices/test/", follow=True).content.decode()
    assert f"A test e-mail is on its way to {here.registrar.email}." in page
    assert Mail.objects.get().kind == "test"
    assert "less than a minute" in client.post("/profile/notices/test/", follow=True).content.decode()


def test_who_has_no_address_or_does_not_decide_is_told_so(here, as_person):
    assert (
        "Your role does not receive e-mails about changes"
        in as_person(here.admin).get("/profile/notices/").content.decode()
    )
    User.objects.update(email="")
    page = as_person(here.registrar).get("/profile/notices/").content.decode()
    assert "Your account has no e-mail address." in page
    assert "Send me a test e-mail" not in page


def test_a_change_can_wait_for_a_day_and_says_why(here, as_person, differing, at):
    item = differing()
    client = as_person(here.registrar)
    day = clock.today() + dt.timedelta(days=5)
    url = f"/changes/{item.pk}/snooze/"
    for given in ({"until": day}, {"until": clock.today(), "reason": "x"}, {"until": "soon", "reason": "x"}):
        assert "Not saved:" in client.post(url, given, follow=True).content.decode()
    page = client.post(url, {"until": day, "reason": "The parents decide."}, follow=True).content.decode()
    assert "The parents decide." in page
    listed = client.get("/changes/?who=nobody").content.decode()
    assert "review again on" in listed
    assert item.school_enrolment.student.name in as_person(here.colleague).get("/changes/").content.decode()
    with at(days=5):
        assert "The parents decide." not in client.get(f"/changes/{item.pk}/").content.decode()
    client.post(url, {"wake": "1"})
    assert not Snooze.objects.exists()
    assert AuditEntry.objects.filter(action="snoozed").count() == 2

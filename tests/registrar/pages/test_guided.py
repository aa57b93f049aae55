"""Guided actions on their pages: details, preview, done, and the way back."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations import clock
from operations.actor import of_user
from operations.models import Notice
from pasi_connect.models import Action, ActionRecord
from registrar.services.actions import plans, transferring
from registrar.views.guided.deeds import menus
from registrar.views.guided.enrolment import PAGES, fresh
from sis.models import CourseEnrolment, DataEvent, SchoolEnrolment
from sis.services import enrolments
from tests.factories import EnrolmentFactory, SchoolFactory, UserFactory, changed_in_pasi, link_and_copy
from tests.factories.courses import CourseEnrolmentFactory, SectionFactory
from tests.registrar.pages.guided import days_ago, do, text


@pytest.fixture
def side(here, stay):
    """A concurrent enrolment of the same student at the other school."""
    made = EnrolmentFactory(
        school=here.other, student=stay.student, start_date=stay.start_date, exit_date=stay.exit_date, concurrent=True
    )
    link_and_copy(made)
    return made


def at(stay, name):
    return f"/enrolments/{stay.pk}/{name}/"


LEAVES = {"last_day_attended": days_ago(3).isoformat(), "reason": "Moved", "note": "To <Calgary>."}


def test_a_preview_shows_every_record_and_changes_nothing(registrar, stay):
    looked = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "preview"})
    shown = looked.context["looked"]
    assert looked.status_code == 200
    assert [(row.label, row.after) for row in shown.records[0].fields] == [
        ("Exit date", days_ago(3).isoformat()),
        ("Exit date type", "Withdrawal Date"),
    ]
    assert [row["what"] for row in shown.courses] == ["ends"]
    assert "Withdraw: change 2, send 1" in text(looked)
    assert "1 of 1" in text(looked)
    assert [[bar.css for bar in lane.bars] for lane in shown.lanes] == [["on", "off"]]
    assert f"ends {days_ago(3)} instead of {stay.exit_date}" in text(looked)
    assert (Action.objects.count(), DataEvent.objects.count()) == (0, 0)
    assert fresh(stay.pk).exit_date_type == "CompletionDate"


def test_the_button_does_what_the_preview_showed_and_leads_to_the_entry(registrar, stay):
    answer = do(registrar, at(stay, "withdraw"), **LEAVES)
    action = Action.objects.get()
    assert answer.url == f"/actions/{action.pk}/"
    assert (action.kind, action.reason, action.note) == ("withdraw", "Moved", "To <Calgary>.")
    assert fresh(stay.pk).exit_date == days_ago(3)
    entry = text(registrar.get(answer.url))
    assert "Withdraw: done." in entry
    assert '<h1 tabindex="-1" data-focus>Withdraw</h1>' in entry
    assert f'action="/actions/{action.pk}/undo/"' in entry
    assert "To &lt;Calgary&gt;." in entry
    assert "Withdrawal Date" in entry


def test_without_a_seen_preview_nothing_is_done(registrar, stay):
    assert registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "do"}).context["looked"].total == 2
    assert not Action.objects.exists()


def test_what_moved_since_the_preview_comes_back_as_it_is_now(here, registrar, stay):
    seen = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "preview"}).context["version"]
    CourseEnrolmentFactory(
        enrolment=stay, section=SectionFactory(school=here.school, start_date=days_ago(40), end_date=stay.exit_date)
    )
    moved = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "do", "version": seen})
    assert moved.status_code == 409
    assert "differs from the preview" in text(moved)
    assert moved.context["looked"].total == 3
    assert "To &lt;Calgary&gt;." in text(moved)
    assert not Action.objects.exists()
    again = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "do", "version": moved.context["version"]})
    assert again.status_code == 302


def test_other_details_than_those_of_the_preview_are_shown_first(registrar, stay):
    seen = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "preview"}).context["version"]
    other = {**LEAVES, "last_day_attended": days_ago(5).isoformat()}
    assert registrar.post(at(stay, "withdraw"), {**other, "do": "do", "version": seen}).status_code == 409
    assert not Action.objects.exists()


def test_pressed_twice_it_is_done_once(registrar, stay):
    seen = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "preview"}).context["version"]
    first, second = (
        registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "do", "version": seen}) for _press in range(2)
    )
    assert first.url == second.url == f"/actions/{Action.objects.get().pk}/"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day_attended": "", "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": days_ago(-1).isoformat(), "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": days_ago(31).isoformat(), "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": "yesterday", "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": days_ago(3).isoformat(), "reason": "Holidays"}, "reason"),
    ],
)
def test_a_value_that_cannot_be_is_told_at_its_field_and_kept(registrar, stay, given, field):
    answer = registrar.post(at(stay, "withdraw"), {**given, "note": "Kept.", "do": "preview"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert "Kept." in text(answer)


def test_the_reasons_are_shown_in_the_persons_language_and_kept_in_english(here, registrar, stay):
    choices = registrar.get(at(stay, "withdraw")).context["form"].fields["reason"].choices
    assert [value for value, _label in choices][1:3] == ["Completed Grade 12", "Deceased"]


def states_of_a_stay():
    for deleted in (False, True):
        for kind in ("CompletionDate", "WithdrawalDate"):
            for concurrent in (False, True):
                yield {"deleted": deleted, "exit_date_type": kind, "concurrent": concurrent}


@pytest.mark.parametrize("state", list(states_of_a_stay()), ids=str)
@pytest.mark.parametrize("with_side", [False, True])
def test_the_menu_offers_what_the_services_do_and_nothing_else(here, stay, side, state, with_side):
    exit_date = days_ago(10) if state["exit_date_type"] == "WithdrawalDate" else stay.exit_date
    SchoolEnrolment.objects.filter(pk=stay.pk).update(**state, exit_date=exit_date)
    SchoolEnrolment.objects.filter(pk=side.pk).update(deleted=not with_side)
    one = fresh(stay.pk)
    offered = {entry.name for entry, why in menus([one])[one.pk] if not why}
    given = {
        "last_day_attended": days_ago(5), "exit_date": days_ago(5), "transfer_date": days_ago(5), "reason": "Moved",
        "concurrent_enrolment": side,
    }  # fmt: skip
    wanted = {
        "withdraw": ("last_day_attended", "reason"),
        "correct-last-day": ("last_day_attended", "reason"),
        "close-concurrent": ("exit_date", "reason"),
        "transfer-out": ("transfer_date", "reason", "concurrent_enrolment"),
    }
    actor = of_user(here.registrar)
    for name, page in PAGES.items():
        words = {key: given[key] for key in wanted.get(name, ("reason",))}
        try:
            can = bool(
                plans.preview(actor, lambda page=page, words=words: page.plan(fresh(stay.pk), words)).done.records
            )
        except (plans.Refused, ValidationError):
            can = False
        assert (name in offered) is can, name


def test_the_students_page_offers_what_fits_with_a_line_each(registrar, stay):
    page = text(registrar.get(f"/students/{stay.student_id}/"))
    assert f'popovertarget="actions-{stay.pk}"' in page
    assert at(stay, "withdraw") in page
    assert "The student attended at least one day and has left the school." in page
    assert at(stay, "undelete") not in page
    assert at(stay, "transfer-out") not in page
    assert "no concurrent enrolment at another school" in page


def test_an_action_that_does_not_fit_says_what_does(registrar, stay, left):
    page = registrar.get(at(stay, "withdraw"))
    assert page.status_code == 200
    assert "is not possible for this enrolment" in text(page)
    assert at(stay, "correct-last-day") in text(page)
    refused = registrar.post(at(stay, "withdraw"), {**LEAVES, "do": "preview"})
    assert refused.status_code == 409
    assert "The student has already left this school." in text(refused)


def test_nothing_to_change_offers_no_button(registrar, left):
    given = {"last_day_attended": left.exit_date.isoformat(), "reason": "Looked again."}
    CourseEnrolment.objects.update(exit_date=left.exit_date, status="Withdrawn")
    looked = registrar.post(at(left, "correct-last-day"), {**given, "do": "preview"})
    assert "Nothing would change" in text(looked)
    assert 'value="do"' not in text(looked)
    done = registrar.post(at(left, "correct-last-day"), {**given, "do": "do", "version": looked.context["version"]})
    assert done.status_code == 409
    assert not Action.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PAGES)
def test_foreign_is_404_and_not_permitted_is_403(here, as_person, stay, name, method):
    assert getattr(as_person(here.stranger), method)(at(stay, name)).status_code == 404
    assert getattr(as_person(here.admin), method)(at(stay, name)).status_code == 403


def test_taken_back_as_a_whole_with_the_reason(registrar, stay):
    done = do(registrar, at(stay, "withdraw"), **LEAVES)
    undo = f"{done.url}undo/"
    assert "Undo: change 2, send up to 1" in text(registrar.get(undo))
    back = registrar.post(undo, {"reason": "Wrong <student>."})
    assert back.url == done.url
    assert (fresh(stay.pk).exit_date, fresh(stay.pk).exit_date_type) == (stay.exit_date, "CompletionDate")
    assert CourseEnrolment.objects.get().exit_date is None
    entry = text(registrar.get(done.url))
    assert "Wrong &lt;student&gt;." in entry
    assert undo not in entry
    assert registrar.post(undo, {"reason": "Again."}).status_code == 409


def test_the_undo_of_the_message_takes_back_at_once(registrar, stay):
    done = do(registrar, at(stay, "withdraw"), **LEAVES)
    assert registrar.post(f"{done.url}undo/").url == done.url
    assert fresh(stay.pk).exit_date_type == "CompletionDate"


def test_what_has_moved_on_is_not_taken_back_and_says_why(here, registrar, stay):
    done = do(registrar, at(stay, "withdraw"), **LEAVES)
    enrolments.change(of_user(here.registrar), stay.pk, {"grade": "09"})
    assert "An enrolment of this action has been changed since." in text(registrar.get(done.url))
    page = registrar.get(f"{done.url}undo/")
    assert "An enrolment of this action has been changed since." in text(page)
    assert registrar.post(f"{done.url}undo/", {"reason": "Late."}).status_code == 409


def transfer(client, stay, side, day, **more):
    given = {"transfer_date": day.isoformat(), "concurrent_enrolment": side.pk, "reason": "Moved", **more}
    return do(client, at(stay, "transfer-out"), **given)


def test_transfer_out_names_the_order_and_tells_the_other_school(here, registrar, stay, side):
    form = registrar.get(at(stay, "transfer-out")).context["form"]
    assert form["concurrent_enrolment"].value() == side.pk
    given = {"transfer_date": days_ago(4).isoformat(), "concurrent_enrolment": side.pk, "reason": "Moved"}
    looked = registrar.post(at(stay, "transfer-out"), {**given, "do": "preview"}).context["looked"]
    assert [(row.what, row.code, row.number) for row in looked.records] == [
        ("change", here.school.code, 1), ("change", here.other.code, 2), ("create", here.other.code, 3),
    ]  # fmt: skip
    assert looked.other_schools == [here.other.name]
    assert [[bar.css for bar in lane.bars] for lane in looked.lanes] == [["on", "off"], ["on-2", "off"], ["new"]]
    answer = transfer(registrar, stay, side, days_ago(4))
    notice = Notice.objects.get()
    assert notice.school_code == here.other.code
    page = registrar.get(answer.url)
    assert len(page.context["rows"]["enrolments"]) == 3


def test_the_other_school_sees_its_records_and_not_the_reason(here, registrar, as_person, stay, side):
    answer = transfer(registrar, stay, side, days_ago(4), note="Private words.")
    seen = as_person(here.stranger).get(answer.url)
    assert seen.status_code == 200
    assert {row["enrolment"].school for row in seen.context["rows"]["enrolments"]} == {here.other}
    assert seen.context["elsewhere"] == 2
    assert "Private words." not in text(seen)
    third = UserFactory(role="Registrar", schools=[SchoolFactory()])
    assert as_person(third).get(answer.url).status_code == 404


def test_what_could_not_be_carried_stands_on_the_entry_with_the_way(here, as_person, stay, side):
    over = SectionFactory(school=here.other, start_date=days_ago(40), end_date=clock.today())
    CourseEnrolmentFactory(enrolment=side, section=over, status="Completed", exit_date=days_ago(6))
    district = as_person(here.district)
    answer = transfer(district, stay, side, days_ago(4))
    left_over = district.get(answer.url).context["left"]
    assert [(row["code"], row["section"]) for row in left_over] == [(over.course.code, over.number)]


def test_a_later_day_is_planned_listed_and_cancelled(here, registrar, as_person, stay, side):
    day = clock.today() + dt.timedelta(days=7)
    given = {"transfer_date": day.isoformat(), "concurrent_enrolment": side.pk, "reason": "Moved"}
    looked = registrar.post(at(stay, "transfer-out"), {**given, "do": "preview"})
    assert f"Transfer out, planned for {day}" in text(looked)
    answer = transfer(registrar, stay, side, day)
    assert "Nothing has changed yet" in text(registrar.get(answer.url))
    assert fresh(stay.pk).exit_date_type == "CompletionDate"
    listed = registrar.get("/actions/planned/")
    assert "1 action is planned" in text(listed)
    assert stay.student.name in text(listed)
    assert f"is planned for {day}" in text(registrar.get(f"/students/{stay.student_id}/"))
    second = registrar.post(at(stay, "transfer-out"), {**given, "do": "preview"})
    assert (second.status_code, f'href="{answer.url}"' in text(second)) == (409, True)
    assert f"by {here.registrar.name_for_others}" in text(second)
    assert registrar.post(f"{answer.url}undo/", {"reason": "They stay."}).status_code == 302
    assert Action.objects.get().status == "cancelled"
    assert "No action is planned" in text(registrar.get("/actions/planned/"))
    assert as_person(here.admin).get("/actions/planned/").status_code == 403


def test_the_planned_are_listed_by_their_day_in_pages(here, registrar, monkeypatch):
    monkeypatch.setattr("registrar.views.guided.entry.SIZE", 2)
    made = []
    for days in (9, 5, 7, 5):
        action = Action.objects.create(
            kind="transfer_out", status="planned", school_code=here.school.code, at=clock.now(), actor_name="Rhea",
            due_on=clock.today() + dt.timedelta(days=days),
        )  # fmt: skip
        ActionRecord.objects.create(
            action=action, entity="school_enrolment", subject_id=EnrolmentFactory(school=here.school).pk,
            school_code=here.school.code,
        )  # fmt: skip
        made.append(action.pk)
    first = registrar.get("/actions/planned/")
    assert [row["action"].pk for row in first.context["rows"]] == [made[1], made[3]]
    second = registrar.get("/actions/planned/" + first.context["next"])
    assert [row["action"].pk for row in second.context["rows"]] == [made[2], made[0]]
    assert not second.context["next"]
    assert registrar.get("/actions/planned/?after=x").status_code == 404


def test_a_stopped_one_says_why(here, registrar, stay, side):
    transfer(registrar, stay, side, clock.today() + dt.timedelta(days=7))
    Action.objects.update(status="stopped", detail="The concurrent enrolment is deleted.")
    assert "The concurrent enrolment is deleted." in text(registrar.get("/actions/planned/"))
    assert "could not be completed on" in text(registrar.get(f"/students/{stay.student_id}/"))


# Where people meet them


def test_the_form_shows_the_exit_date_type_and_names_the_action_to_who_posts_it(registrar, stay):
    page = registrar.get(f"/enrolments/{stay.pk}/edit/")
    assert at(stay, "withdraw") in text(page)
    assert 'type="radio" name="exit_date_type"' not in text(page)
    form = page.context["form"]
    data = {bound.html_name: bound.value() or "" for bound in form if bound.html_name not in ("deleted", "concurrent")}
    tried = registrar.post(
        f"/enrolments/{stay.pk}/edit/", {**data, "exit_date_type": "WithdrawalDate", "exit_code": "A7"}
    )
    assert tried.status_code == 409
    assert f'href="{at(stay, "withdraw")}"' in text(tried)
    assert tried.context["form"]["exit_date_type"].value() == "CompletionDate"
    assert 'value="A7"' in text(tried)
    assert fresh(stay.pk).exit_date_type == "CompletionDate"


def test_after_a_withdrawal_from_pasi_the_change_offers_to_end_the_courses(here, registrar, stay):
    item = changed_in_pasi(stay, exit_date=days_ago(6), exit_date_type="WithdrawalDate")
    address = at(stay, "end-courses")
    assert address not in text(registrar.get(f"/changes/{item.pk}/"))
    accepted = registrar.post(f"/changes/{item.pk}/", {"version": item.version, "do": "all-pasi", "reason": ""})
    assert accepted.url == f"/changes/{item.pk}/"  # not to the next one: there is something to do here
    assert address in text(registrar.get(f"/changes/{item.pk}/"))
    answer = do(registrar, address, reason="Left, as PASI says.")
    assert CourseEnrolment.objects.get().exit_date == days_ago(6)
    assert address not in text(registrar.get(f"/changes/{item.pk}/"))
    assert "Course enrolments" in text(registrar.get(answer.url))


def test_an_open_change_from_pasi_is_named_before_the_action(registrar, stay):
    item = changed_in_pasi(stay, grade="09")
    assert f"/changes/{item.pk}/" in text(registrar.get(at(stay, "withdraw")))


def test_only_concurrent_stays_that_have_not_ended_can_be_stayed_in(here, stay, side):
    SchoolEnrolment.objects.filter(pk=side.pk).update(exit_date_type="WithdrawalDate")
    assert not transferring.sides(stay).exists()


def test_the_preview_stands_beside_the_form_before_anything_is_entered(registrar, stay):
    page = registrar.get(at(stay, "withdraw"))
    assert page.context["looked"].total == 2
    today = {"last_day_attended": clock.today().isoformat(), "reason": "Moved"}
    assert page.context["form"]["last_day_attended"].value() == clock.today()
    done = registrar.post(at(stay, "withdraw"), {**today, "do": "do", "version": page.context["version"]})
    assert done.status_code == 302
    assert fresh(stay.pk).exit_date == clock.today()


def test_the_preview_follows_what_is_entered_and_needs_no_reason_yet(registrar, stay):
    live = registrar.post(at(stay, "withdraw"), {"last_day_attended": days_ago(5).isoformat(), "live": "1"})
    assert live.status_code == 200
    assert f"ends {days_ago(5)} instead of {stay.exit_date}" in text(live)
    assert 'id="dock"' in text(live)
    whole = registrar.post(
        at(stay, "withdraw"), {**LEAVES, "last_day_attended": days_ago(5).isoformat(), "do": "preview"}
    )
    assert live.context["version"] == whole.context["version"]
    ahead = registrar.post(at(stay, "withdraw"), {"last_day_attended": days_ago(-1).isoformat(), "live": "1"})
    assert "No preview yet" in text(ahead)
    assert 'value="do"' not in text(ahead)
    assert (Action.objects.count(), DataEvent.objects.count()) == (0, 0)

"""Code values and accepted years."""

import datetime as dt

import pytest

from operations import clock
from pasi_connect.models import CodeValue, SyncSettings
from pasi_connect.services.compare import comparing
from pasi_connect.services.pull import listening, reference
from sis.rules.school_year import SchoolYear
from tests.moments import ALBERTA
from tests.pasi_connect.world import YEAR

pytestmark = pytest.mark.django_db


def test_pasi_tells_its_years_and_codes(world):
    world.set(current_school_year=None, accepted_school_years=[])
    assert reference.due()
    assert reference.refresh()
    settings = SyncSettings.load()
    assert (settings.current_school_year, settings.accepted_school_years) == (YEAR, [2025, 2026, 2027, 2028])
    assert not reference.due()
    grade = CodeValue.objects.get(class_name="Grade", code="09")
    assert (grade.short_description or grade.description) != ""
    assert grade.description_fr or grade.short_description_fr
    assert CodeValue.objects.filter(class_name="GrantsProgramCode", code="610").exists()
    with clock.moved_to(clock.now() + dt.timedelta(hours=25)):
        assert reference.due()


def test_codes_come_whole_or_not_at_all(world):
    assert reference.refresh()
    count = CodeValue.objects.count()
    assert reference.refresh()
    asked = [call["request"]["LastKnownSourceVersion"] for call in world.pasi.calls("GetCodeValues")]
    assert asked[0] == 0
    assert asked[1] == max(CodeValue.objects.values_list("core_version", flat=True)) > 0
    assert CodeValue.objects.count() == count


def test_an_empty_answer_takes_no_code_away_and_a_new_one_is_laid_over(world):
    row = {"CodeClassName": "Grade", "CodeText": "09", "DisplaySequence": 1, "PASICoreVersion": 1, "Description": "old"}
    reference.store_codes([row])
    reference.store_codes([])
    reference.store_codes([{**row, "Description": "new", "FirstSchoolYear": 2020, "LastSchoolYear": 9999}])
    stored = CodeValue.objects.get()
    assert (stored.description, stored.first_school_year, stored.last_school_year) == ("new", SchoolYear(2020), None)


def test_the_listener_asks_daily_with_the_last_version_known(world):
    """Over a day's end and once more the evening after; what PASI received tells how often."""
    enrolment = world.in_step()
    listener = listening.Listener()
    asked = []
    for turn, hours in enumerate((0, 4, 8, 23, 25, 48), 1):
        with clock.moved_to(dt.datetime(2026, 11, 20, 22, tzinfo=ALBERTA) + dt.timedelta(hours=hours)):
            listener.acquire()
            world.change_in_pasi(enrolment, Grade=f"{turn:02}")  # news: the turn ends at once
            listener._turn()
        asked.append([call["request"]["LastKnownSourceVersion"] for call in world.pasi.calls("GetCodeValues")])
    last = max(CodeValue.objects.values_list("core_version", flat=True))
    assert asked == [[0], [0], [0], [0], [0, last], [0, last]]
    assert last > 0
    assert len(world.pasi.calls("GetAcceptedRegistrationStatus")) == 2


@pytest.mark.parametrize("operation", ["GetAcceptedRegistrationStatus", "GetCodeValues"])
def test_half_an_answer_is_none(world, operation):
    world.set(current_school_year=None)
    world.pasi.knobs(fault={"code": "2001", "operation": operation, "times": 1})
    assert not reference.refresh()
    assert SyncSettings.load().current_school_year is None
    assert not CodeValue.objects.exists()
    assert reference.due()


def test_a_new_school_year_brings_its_records_into_the_comparison(world):
    """PASI's current year moves on 1 September; from then on what differs in the new next year is shown."""
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    world.set(current_school_year=SchoolYear(2025))
    comparing.evaluate_all()
    assert world.item(enrolment) is None
    assert reference.refresh()
    assert world.item(enrolment).kind == "changed_in_pasi"

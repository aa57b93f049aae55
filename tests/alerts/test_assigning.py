"""Who looks after an item: taken, given, handed over, put back."""

import pytest
from django.core.exceptions import ValidationError

from alerts import selectors
from alerts.models import Assignment, AssignmentStep
from alerts.services import assigning
from operations.actor import of_user
from operations.models import AuditEntry
from pasi_connect.models import Discrepancy
from pasi_connect.services import decisions
from tests.alerts.conftest import mine
from tests.factories import UserFactory, changed_in_pasi

pytestmark = pytest.mark.django_db


def give(here, item, to, before=None, reason="", by=None):
    user_id, seen_id = (each.pk if each else None for each in (to, before))
    return assigning.assign(of_user(by or here.registrar), item.pk, user_id, holder_id=seen_id, reason=reason)


def test_taken_handed_over_and_put_back_each_step_kept(here, differing):
    item = differing()
    assert give(here, item, here.registrar)
    assert give(here, item, here.colleague, before=here.registrar, reason="Knows the family.")
    assert not give(here, item, here.colleague, before=here.colleague)
    assert list(mine(here.colleague)) == [item]
    assert not mine(here.registrar).exists()
    assert give(here, item, None, before=here.colleague, by=here.colleague)
    assert not Assignment.objects.exists()
    steps = AssignmentStep.objects.order_by("id").values_list("before__username", "after__username", "reason")
    registrar, colleague = here.registrar.username, here.colleague.username
    assert list(steps) == [
        (None, registrar, ""),
        (registrar, colleague, "Knows the family."),
        (colleague, None, ""),
    ]
    rows = AuditEntry.objects.filter(action="assigned")
    assert [entry.school_code for entry in rows] == [here.school.code] * 3
    assert rows.first().changes == {"assigned_to": [here.colleague.full_name, None]}


def test_of_two_people_one_wins_and_the_other_learns_who(here, differing):
    item = differing()
    give(here, item, here.registrar)
    with pytest.raises(assigning.Moved, match=here.registrar.full_name):
        give(here, item, here.colleague, by=here.colleague)
    give(here, item, None, before=here.registrar)
    with pytest.raises(assigning.Moved, match="was unassigned in the meantime"):
        give(here, item, here.colleague, before=here.registrar)


def test_only_somebody_who_decides_at_the_school_can_have_it(here, differing):
    item = differing()
    for nobody in (here.stranger, here.admin):
        with pytest.raises(ValidationError, match="cannot decide"):
            give(here, item, nobody)
    here.colleague.is_active = False
    here.colleague.save()
    with pytest.raises(ValidationError, match="cannot decide"):
        give(here, item, here.colleague)
    assert give(here, item, here.district)


def test_it_keeps_nobody_from_deciding_and_stays_when_the_item_opens_again(here, differing):
    item = differing()
    give(here, item, here.colleague)
    decisions.accept(of_user(here.registrar), item.pk)
    item.refresh_from_db()
    assert not item.is_open
    assert not mine(here.colleague).exists()
    with pytest.raises(ValidationError, match="settled"):
        give(here, item, here.registrar, before=here.colleague)
    again = changed_in_pasi(item.school_enrolment, grade="10")
    assert again.pk != item.pk
    assert list(mine(here.colleague)) == [again]


def test_what_lies_outside_of_a_persons_schools_is_not_theirs_any_more(here, differing):
    item = differing()
    give(here, item, here.colleague)
    here.colleague.school_access.all().delete()
    assert not mine(here.colleague).exists()
    theirs = selectors.held_by_colleagues([here.registrar.pk])
    assert not Discrepancy.objects.filter(theirs).exists()  # so that it is nobody else's business alone


def test_colleagues_are_those_who_decide_there(here):
    UserFactory(role="Registrar", schools=[here.other])
    found = set(selectors.colleagues(here.school.code))
    assert found == {here.registrar, here.colleague, here.district}

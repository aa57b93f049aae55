"""Changes of a school that wait to be decided."""

from operations.actor import of_user
from sis.services import enrolments
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy


def many(here, number, **theirs):
    made = []
    for _n in range(number):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        made.append(changed_in_pasi(one, **(theirs or {"grade": "11"})))
    return made


def conflict(here):
    one = EnrolmentFactory(school=here.school)
    link_and_copy(one)
    enrolments.change(of_user(here.registrar), one.pk, {"grade": "12"})
    return changed_in_pasi(one, grade="11")

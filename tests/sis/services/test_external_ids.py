"""An external ID names one record of its kind and source."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from operations.actor import SYNC
from sis.models import SchoolEnrolment, Student
from sis.models.external import External
from sis.services import enrolments
from tests import factories

KINDS = (
    factories.SchoolFactory,
    factories.CalendarFactory,
    factories.TermFactory,
    factories.StudentFactory,
    factories.EnrolmentFactory,
    factories.CourseFactory,
    factories.SectionFactory,
    factories.CourseEnrolmentFactory,
    factories.StoredGradeFactory,
)


@pytest.mark.django_db
@pytest.mark.parametrize("factory", KINDS, ids=lambda factory: factory._meta.model.__name__)
def test_an_external_id_stands_once_per_source_and_table(factory):
    model = factory._meta.model
    first, second = factory().pk, factory(**_another(factory)).pk
    model.objects.filter(pk=first).update(external_id="17", source="Larkspur")
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=second).update(external_id="17", source="Larkspur")
    model.objects.filter(pk=second).update(external_id="17", source="Foxglove")
    model.objects.update(external_id=None, source="Larkspur")
    assert model.objects.filter(external_id=None, source="Larkspur").count() >= 2


def _another(factory):
    """A second record of the kinds that the factory makes once."""
    if factory is factories.TermFactory:
        return {"name": "Second term"}
    return {"student": factories.StudentFactory()} if factory is factories.EnrolmentFactory else {}


def test_every_record_of_the_sis_that_another_system_can_name_says_which_system():
    named = {model.__name__ for model in External.__subclasses__()}
    assert {factory._meta.model.__name__ for factory in KINDS} == named - {"Authority"}


def _create(school, external_id, **values):
    student, like = factories.StudentFactory(), factories.EnrolmentFactory.build()
    given = {name: getattr(like, name) for name in ("grade", "start_date", "exit_date")}
    return enrolments.create(SYNC, student, school, like.school_year, {**given, "external_id": external_id, **values})


@pytest.mark.django_db
def test_what_another_school_entered_is_not_told_and_counts_as_the_schools_own():
    first, second = _create(factories.SchoolFactory(), "host-9"), _create(factories.SchoolFactory(), "host-9")
    assert (first.source, second.source) == ("", second.school.organization_code)
    for stay in (first, second):
        with pytest.raises(ValidationError) as refusal:
            _create(stay.school, "host-9")
        assert set(refusal.value.message_dict) == {"external_id"}
    _create(first.school, "host-9", source="Larkspur")
    with pytest.raises(ValidationError):
        _create(second.school, "host-9", source="Larkspur")
    assert SchoolEnrolment.objects.filter(external_id="host-9").count() == 3


@pytest.mark.django_db
def test_records_without_an_external_id_need_no_source():
    factories.StudentFactory()
    factories.StudentFactory()
    assert Student.objects.filter(external_id=None, source="").count() == 2

"""Loads of another system, and what it delivered last."""

import zlib

import factory
from factory.django import DjangoModelFactory

from operations import clock
from sis.models import Delivery, Load, LoadPart
from tests.factories.students import StudentFactory


class LoadFactory(DjangoModelFactory):
    """A load of students that has ended."""

    class Meta:
        model = Load

    resource = "students"
    active = False
    created_at = factory.LazyFunction(clock.now)


class LoadPartFactory(DjangoModelFactory):
    class Meta:
        model = LoadPart

    load = factory.SubFactory(LoadFactory)
    number = factory.Sequence(lambda n: n)
    content = factory.LazyFunction(lambda: zlib.compress(b'1 {"external_id": "st-1"}'))


class DeliveryFactory(DjangoModelFactory):
    """Of a student."""

    class Meta:
        model = Delivery

    entity = "student"
    external_id = factory.Sequence(lambda n: f"st-{n}")
    subject_id = factory.LazyFunction(lambda: StudentFactory().pk)

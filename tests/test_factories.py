"""Every table of the SIS and every local copy has one factory, and what it makes is whole."""

import pytest
from django.apps import apps
from factory.django import DjangoModelFactory

from pasi_connect import entities
from pasi_connect.models import LocalCopy
from pasi_connect.services.pull import copies
from tests import factories, made_up

NAMED = [getattr(factories, name) for name in factories.__all__]
MORE = [one for room in made_up.rooms("factories") for one in vars(room).values()]
CLASSES = [one for one in (*NAMED, *MORE) if isinstance(one, type) and issubclass(one, DjangoModelFactory)]
FACTORIES = [one for one in dict.fromkeys(CLASSES) if not one._meta.abstract]
COPIES = [model for model in apps.get_models() if issubclass(model, LocalCopy)]
SIS = [*apps.get_app_config("sis").get_models(), *(entity.sis.model for entity in entities.written())]
MODELS = list(dict.fromkeys([*SIS, *COPIES]))
every = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def of(model):
    return [one for one in FACTORIES if one._meta.model is model]


@every
def test_a_model_has_one_factory(model):
    assert len(of(model)) == 1, f"Write {model.__name__}Factory in tests/factories, and name it in its __all__."


@every
@pytest.mark.django_db
def test_what_a_factory_makes_by_itself_is_stored(model):
    made = of(model)[0]()
    made.refresh_from_db()
    made.validate_unique()
    made.validate_constraints()
    again = of(model)[0]()
    assert model._default_manager.filter(pk__in=[made.pk, again.pk]).exists()


@pytest.mark.parametrize("model", COPIES, ids=lambda model: model.__name__)
@pytest.mark.django_db
def test_the_columns_of_a_copy_are_those_of_its_document(model):
    made = of(model)[0]()
    entity = entities.of_copy(model)
    before = {field.name: getattr(made, field.name) for field in model._meta.concrete_fields}
    copies.refill(entity, made)
    assert {field.name: getattr(made, field.name) for field in model._meta.concrete_fields} == before
    assert made.columns_version == entity.columns_version


def test_no_kind_of_record_is_forgotten():
    assert {entity.copy for entity in entities.REGISTRY} <= set(MODELS)
    assert {entity.sis.model for entity in entities.written()} <= set(MODELS)

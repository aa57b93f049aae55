"""Every entity's table holds together with the models, the contract and the SIS: what is missing is said by name."""

import pytest
from django.db import models

from pasi_connect import entities
from pasi_connect.entities import REGISTRY
from pasi_connect.rules.fields import Direction, Type
from pasi_connect.soap.contract import contract
from sis.models.fields import codes_fields
from sis.services import enrolments, sections, students

COLUMNS = {
    Type.DAY: models.DateField,
    Type.MOMENT: models.DateTimeField,
    Type.NUMBER: models.IntegerField,
    Type.COUNT: models.IntegerField,
    Type.FLAG: models.BooleanField,
}
EDITABLE = {
    "school_enrolment": enrolments.EDITABLE,
    "section": sections.EDITABLE,
    "student": students.EDITABLE,
}
every = pytest.mark.parametrize("entity", REGISTRY, ids=str)
fields = pytest.mark.parametrize(
    ("entity", "field"), [pytest.param(one, row, id=f"{one}-{row.name}") for one in REGISTRY for row in one.fields]
)


@every
def test_an_entity_is_found_by_each_of_its_names(entity):
    assert entities.by_kind(entity.kind) is entity
    assert entities.by_notification(entity.notification) is entity
    assert entities.by_notification(f"{entity.notification}.2027") is entity
    assert entities.of_copy(entity.copy) is entity


def test_no_two_entities_share_a_name_or_a_copy():
    for names in ([e.kind for e in REGISTRY], [e.notification for e in REGISTRY], [e.copy for e in REGISTRY]):
        assert len(set(names)) == len(names)


@fields
def test_a_field_has_its_columns_of_its_type(entity, field):
    models_of = [entity.copy] if field.direction != Direction.HERE else []
    models_of += [entity.sis.model] if entity.sis and field.direction != Direction.FROM_PASI else []
    for model in models_of:
        column = model._meta.get_field(field.name)
        assert isinstance(column, COLUMNS.get(field.type, models.CharField))
        assert column.null == (field.empty is None and model is entity.copy) or model is not entity.copy


@fields
def test_a_field_that_pasi_holds_is_in_the_contract(entity, field):
    if field.direction == Direction.HERE or field.in_list:
        return
    record = _record(entity)
    for member in field.member.split("/"):
        names = {one.name: one for one in record.members}
        assert member in names, f"{entity.kind} has no {field.member}"
        record = names[member].record


@every
def test_keys_and_identity_are_in_the_contract(entity):
    names = {one.name for one in _record(entity).members}
    assert {entity.key, *(part.member for part in entity.identity)} <= names


@every
def test_a_compared_field_has_a_label_in_words(entity):
    for name in entity.compared:
        assert str(entity.label(name)) and "_" not in str(entity.label(name))


@every
def test_an_entity_that_is_sent_has_a_sis_record_and_compared_fields(entity):
    assert entity.submit is None or (entity.sis is not None and entity.compared)
    assert entity.sis is not None or not entity.compared


@pytest.mark.parametrize(("kind", "editable"), sorted(EDITABLE.items()))
def test_what_may_be_edited_has_a_line_in_the_table(kind, editable):
    fields = entities.by_kind(kind).by_name.items()
    assert {name for name, field in fields if field.direction != Direction.FROM_PASI} == set(editable)


@pytest.mark.parametrize("entity", entities.written(), ids=str)
def test_lists_of_codes_are_those_of_the_sis(entity):
    assert {field.name for field in entity.fields if field.many} == set(codes_fields(entity.sis.model))


def _record(entity):
    answer = contract().operations[entity.get.operation].answer
    return _find(answer, entity.get.record)


def _find(member, name):
    """The record of PASI's name `name` below a message's member."""
    if member.name == name and member.record is not None:
        return member.record
    for one in member.record.members if member.record else ():
        if (found := _find(one, name)) is not None:
            return found
    return None

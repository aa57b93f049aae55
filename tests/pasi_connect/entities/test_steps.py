"""The steps of adding a field (docs/developer/adding-a-field.md): each that is left out is said by name.

What each kind of record has beside its row in the registry is one row of `others.OTHERS`; a kind without one fails.
"""

from pathlib import Path

import pytest
from django.utils import translation

from pasi_connect import entities
from pasi_connect.rules.fields import Direction, Field
from pasi_connect.serializers.discrepancies import FieldPictureSerializer
from pasi_simulator.codes import LISTS
from sis.models.fields import codes_fields
from tests.pasi_connect.entities.others import OTHERS

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/developer/adding-a-field.md").read_text()
ours = pytest.mark.parametrize(
    ("entity", "row"),
    [
        pytest.param(entity, row, id=f"{entity}-{row.name}")
        for entity in entities.written()
        for row in entity.fields
        if row.direction != Direction.FROM_PASI
    ],
)


def test_every_kind_that_we_write_says_where_else_its_fields_are():
    assert set(OTHERS) == {entity.kind for entity in entities.written()}


@ours
def test_a_label_and_a_help_in_both_languages(entity, row):
    words = {}
    for language in ("en", "fr"):
        with translation.override(language):
            words[language] = entity.label(row.name), entity.help(row.name)
    assert all(words["en"]) and all(words["fr"]), "a verbose_name and a help_text at the column, then: make messages"
    assert all(english != french for english, french in zip(*words.values(), strict=True)), "translate it in locale/fr"
    assert all(text.endswith(".") for _label, text in words.values())


@ours
def test_a_place_in_the_form(entity, row):
    other = OTHERS[entity.kind]
    groups = [name for _legend, names in other.form.GROUPS for name in names]
    assert groups.count(row.name) == (0 if row.name in other.by_action else 1), "put it into one of the form's GROUPS"


@ours
def test_a_field_of_the_api(entity, row):
    other = OTHERS[entity.kind]
    for serializer in other.serializers:
        assert row.name in serializer().fields
    for schema in other.schemas:
        assert row.name in other.described[schema]["properties"], "make openapi"
        assert "description" in other.described[schema]["properties"][row.name]
    if row.compared:
        assert row.name in FieldPictureSerializer().fields["name"].choices


@ours
def test_a_list_of_codes(entity, row):
    if row.code_class:
        assert row.code_class in LISTS, "the simulator has no such list of code values"
        assert entity.coded[row.name] == row.code_class
    if row.many and row.code_class:
        assert codes_fields(entity.sis.model)[row.name].most, "how many codes it takes"


@ours
def test_a_field_in_the_simulator(entity, row):
    other = OTHERS[entity.kind]
    if row.direction == Direction.HERE or row.name in other.by_action:
        return
    if not row.in_list:
        assert row.member in other.page, "a label on the simulator's page of the record"
        return
    assert row.member in other.keys, "a key in pasi_simulator/rules"
    key = other.keys[row.member]
    assert key.codes == row.code_class
    assert key.most == (codes_fields(entity.sis.model)[row.name].most if row.many else 1)
    assert row.member in other.key_labels, "a label on the simulator's page of the record"


def test_nothing_in_the_simulator_that_no_field_takes_up():
    for kind, other in OTHERS.items():
        entity = entities.by_kind(kind)
        members = {row.member for row in entity.fields} | {part.member for part in entity.identity}
        assert {*other.page, *other.keys, *other.key_labels} <= members


def test_the_document_names_every_step():
    for step in (
        "verbose_name",
        "help_text",
        "copies.py",
        "entities/",
        "wsdl",
        "GROUPS",
        "make messages",
        "make openapi",
    ):
        assert step in DOCUMENT
    for name in ("in_list", "code_class", "carried", "judged", "direction"):
        assert f"`{name}`" in DOCUMENT
        assert name in Field.__dataclass_fields__
    for name in ("pasi_simulator/rules/extended.py", "pasi_simulator/pages/enrolment.py", "pasi_simulator/codes.py"):
        assert name in DOCUMENT
        assert (ROOT / name).exists()

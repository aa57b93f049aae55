"""Codes are shown by the words that people use for them."""

import pytest
from django.core.cache import cache
from django.utils import translation

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import CodeValue
from pasi_connect.services import words
from pasi_connect.services.pick_lists import word


@pytest.fixture(autouse=True)
def fresh(db):
    cache.clear()
    yield
    cache.clear()


def a_code(class_name, code, english, french):
    CodeValue.objects.create(
        class_name=class_name, code=code, description=english, description_fr=french, core_version=1
    )


def test_a_code_is_shown_by_its_word_in_the_readers_language():
    a_code("ProgrammingType", "ContinuingEducation", "Continuing education", "Éducation permanente")
    assert words.value_text(ENTITY, "programming_type", "ContinuingEducation") == "Continuing education"
    with translation.override("fr"):
        assert words.value_text(ENTITY, "programming_type", "ContinuingEducation") == "Éducation permanente"


def test_without_a_word_the_code_is_at_least_readable():
    assert word(ENTITY, "programming_type", "HomeEducation") == "Home Education"
    assert word(ENTITY, "grants_program_codes", "610") == "610"


def test_each_code_of_a_list_has_its_word():
    a_code("GrantsProgramCode", "610", "Outreach", "")
    assert words.value_text(ENTITY, "grants_program_codes", "610 999") == "610 Outreach, 999"


def test_many_codes_are_read_at_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [word(ENTITY, "programming_type", "Regular") for _ in range(30)] == ["Regular"] * 30

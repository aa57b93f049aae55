"""Which columns of a local copy a table of fields has not filled."""

import pytest

from pasi_connect.entities import REGISTRY
from pasi_connect.rules import compare
from pasi_connect.rules.fields import Direction, Field, Type, content, unfilled, version

GRADE = Field("grade", "Grade", Type.CODE, code_class="Grade")


@pytest.mark.parametrize(
    ("other", "most", "same"),
    [
        (Field("grade", "Grade", Type.CODE), 2, True),  # what its codes are of says nothing of the column
        (Field("grade", "Grade", Type.CODE, carried=True, judged=True), 2, True),
        (Field("grade", "GradeLevel", Type.CODE), 2, False),
        (Field("grade", "Grade", Type.CODES), 2, False),
        (Field("grade", "Grade", Type.CODE, in_list=True), 2, False),
        (Field("grade", "Grade", Type.CODE, direction=Direction.FROM_PASI), 2, False),
        (Field("grade", "Grade", Type.CODE, cut=True), 2, False),
        (GRADE, 4, False),
        (GRADE, None, False),
    ],
)
def test_what_decides_on_the_content_of_a_column(other, most, same):
    assert (content(GRADE, 2) == content(other, most)) is same


@pytest.mark.parametrize(
    ("present", "before", "names"),
    [
        ({}, {}, set()),
        ({"a": "1"}, {"a": "1"}, set()),
        ({"a": "1", "b": "2"}, {"a": "1"}, {"b"}),  # added
        ({"a": "1"}, {"a": "1", "b": "2"}, set()),  # taken away
        ({"a": "1", "b": "3"}, {"a": "1", "b": "2"}, {"b"}),  # another member
        ({"a": "1", "b": "2"}, {}, {"a", "b"}),  # nobody knows
    ],
)
def test_what_is_not_filled(present, before, names):
    assert unfilled(present, before) == names
    assert (version(present) == version(before)) is (present == before)


def test_a_version_fits_its_column_and_is_no_others():
    versions = [entity.columns_version for entity in REGISTRY]
    assert len({0, *versions}) == len(versions) + 1
    assert all(0 < one < 2**60 for one in versions)
    assert version({"a": "1", "b": "2"}) == version({"b": "2", "a": "1"})


def test_a_field_of_which_pasis_value_is_not_known_is_not_compared():
    verdict = compare.compare({"a": "1", "b": "2"}, {"a": "3"}, {"a": "1", "b": "1"})
    assert [row.name for row in verdict.fields] == ["a"]
    assert compare.compare({"a": "1", "b": "2"}, {"a": "1"}, None).in_step

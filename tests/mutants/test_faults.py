"""`make mutants` runs by hand; that its faults still fit the product is looked at every time."""

import ast

import pytest

from tests.contract.test_integrator_rules import rows
from tests.mutants.faults import FAULTS, places

BY_NUMBER = {row.number: row for row in rows()}


def test_each_rule_that_is_met_has_a_fault():
    assert {number for number, row in BY_NUMBER.items() if row.state == "met"} - {
        fault.row for fault in FAULTS
    } == set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row} {fault.what}")
def test_a_fault_fits_the_product(fault):
    (place,) = places(fault)
    broken = place.read_text().replace(fault.search, fault.replace)
    assert broken != place.read_text()
    ast.parse(broken)
    assert [test for test in BY_NUMBER[fault.row].tests if "/journeys/" not in test] != []

"""NAME, by PROGRAM: what fits, what is cut, and how it is taken apart again."""

import pytest

from operations.rules import callers, latin1


@pytest.mark.parametrize(
    ("person", "program", "name"),
    [
        ("Rhea Molnar", "", "Rhea Molnar"),
        ("Rhea Molnar", "Bus planner", "Rhea Molnar, by Bus planner"),
        ("Rhea Molnar", "Łódź  plan", "Rhea Molnar, by Lódz plan"),
        ("Rhea Molnar", "計画", "Rhea Molnar"),
    ],
)
def test_a_program_stands_behind_the_person(person, program, name):
    assert callers.named(person, program) == name
    assert callers.parts(name)[0] == person


def test_what_is_too_long_loses_the_programs_end_first():
    person, program = "R" * 70, "Nightly planner of all the buses"
    name = callers.for_pasi(callers.named(person, program))
    assert name == f"{person}, by {program[:25].rstrip()}"
    both = callers.for_pasi(callers.named("R" * 150, "P" * 100))
    assert both == f"{'R' * 75}, by {'P' * 20}"
    for text in (name, both):
        assert len(text) <= callers.MOST_FOR_PASI
        assert latin1.fits(text)


def test_our_own_columns_hold_it():
    assert len(callers.named("R" * 301, "P" * 100)) <= callers.MOST
    assert len(callers.named("R" * 301)) == callers.MOST


def test_an_agreed_spelling_keeps_the_program():
    assert callers.renamed("Żaneta Wójcik, by Bus planner", "Zaneta Wojcik") == "Zaneta Wojcik, by Bus planner"
    assert callers.renamed("Żaneta Wójcik", "Zaneta Wojcik") == "Zaneta Wojcik"

"""What fails for one record alone, and who dies at once when nothing is heard of it."""

from functools import wraps

import pytest


@pytest.fixture
def short_leases(settings):
    settings.LEASE_SECONDS = 0.0


@pytest.fixture
def break_for(monkeypatch):
    """break_for(module, "name", is_bad): the function raises where `is_bad` says so of what it is given. Gives the mending."""

    def broken(home, name, is_bad):
        whole = getattr(home, name)

        @wraps(whole)
        def raises(*args, **kwargs):
            if is_bad(*args, **kwargs):
                raise ValueError("Ines Varga was born on 2012-03-04")
            return whole(*args, **kwargs)

        monkeypatch.setattr(home, name, raises)
        return lambda: monkeypatch.setattr(home, name, whole)

    return broken


@pytest.fixture
def four(world):
    """The one that fails, another record of its student, and two of other students; all edited, all taken up."""
    first = world.in_step()
    sibling = world.in_step(world.other, student=first.student)
    rest = world.all_in_step(2)
    for one in (first, sibling, *rest):
        world.queue(one, grade="09")
    return first, [sibling, *rest]

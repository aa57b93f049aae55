"""A decision on a record whose comparison itself raises is answered in words, counted, and stops nobody else's."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from pasi_connect.models import Decision, Discrepancy, Failure
from pasi_connect.services import decisions
from pasi_connect.services.compare import comparing
from pasi_connect.services.decisions import many
from sis.models import SchoolEnrolment
from tests.api.conftest import client_of, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(world):
    made = world.all_in_step(3)
    for one in made:
        world.change_in_pasi(one, Grade="09")
    world.pull()
    return [world.item(one) for one in made]


@pytest.fixture
def broken(items, monkeypatch):
    """The second one cannot be compared; the comparison does its own work for every other record."""
    whole, bad = comparing._verdict, items[1].key

    def raises(entity, pair, *rest):
        if pair.key == bad:
            raise ZeroDivisionError("Ines Varga")
        return whole(entity, pair, *rest)

    monkeypatch.setattr(comparing, "_verdict", raises)
    return items[1]


@pytest.mark.parametrize(
    "decide",
    [
        lambda who, pk: decisions.accept(who, pk),
        lambda who, pk: decisions.accept(who, pk, ["grade"]),
        lambda who, pk: decisions.reject(who, pk, reason="Ours"),
    ],
)
def test_one_decision(world, broken, decide):
    for tries in (1, 2, 3):
        with pytest.raises(ValidationError, match="failed to process this record") as told:
            decide(world.actor, broken.pk)
        assert "Varga" not in str(told.value)
        assert Failure.objects.get().tries == tries
    assert Failure.objects.get().is_set_aside
    assert not Decision.objects.exists()
    assert SchoolEnrolment.objects.get(pk=broken.subject_id).grade == "08"


def test_an_undo(world, items, monkeypatch):
    decision = decisions.accept(world.actor, items[0].pk)
    monkeypatch.setattr(comparing, "_verdict", lambda *_: 1 / 0)
    with pytest.raises(ValidationError, match="failed to process this record"):
        decisions.undo(world.actor, decision.pk)


@pytest.mark.parametrize("accept", [True, False])
def test_of_a_set_all_others_are_decided(world, items, broken, accept):
    versions = {item.pk: item.version for item in items}
    with transaction.atomic():
        found = {item.pk: item for item in Discrepancy.objects.all()}
        done = many.decide_many(world.actor, found, versions, accept=accept, reason="As told")
    assert set(done.decisions) == {items[0].pk, items[2].pk}
    assert done.others[broken.pk].code == "not_possible"
    assert "failed to process this record" in done.others[broken.pk].message
    assert Failure.objects.get().tries == 1


def test_the_api_answers_in_words(world, broken):
    answer = client_of(world.user).post(f"discrepancies/{broken.pk}/accept/", {})
    assert problem(answer, 400)["errors"][0]["field"] == "fields"
    assert "failed to process this record" in str(answer.json())

"""Two people, or one person twice, on one record at one moment."""

import itertools

import pytest

from tests.faults import manners
from tests.faults.days import new_day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]


@pytest.fixture
def two(district: Stage) -> Stage:
    """The district with two web processes."""
    if not district.alive("driver2"):
        district.start("driver2")
    return district


def both(stage: Stage, *calls: dict) -> list:
    """The same moment in two processes. Gives both answers; an exception as its text."""
    for by, call in zip(("driver", "driver2"), calls, strict=True):
        stage.begin(by=by, **call)
    answers = []
    for by in ("driver", "driver2"):
        try:
            answers.append(stage.finish(by))
        except RuntimeError as error:
            answers.append(str(error))
    return answers


def noticed(stage: Stage, number: int, **members: str) -> dict:
    stage.foreign_edit(number, **(members or {"Grade": stage.other_grade(number)}))
    version = stage.record(number)["PASICoreVersion"]
    stage.until(
        lambda: stage.do("item_of", enrolment=stage.enrolments[number]).get("core_version") == version, "the notice"
    )
    return stage.do("item_of", enrolment=stage.enrolments[number])


@pytest.mark.parametrize(
    "verbs", [("accept", "accept"), ("accept", "reject"), ("reject", "reject")], ids=lambda verbs: " and ".join(verbs)
)
def test_one_of_two_decisions_on_an_item_counts(two: Stage, verbs: tuple[str, str]) -> None:
    number = two.number()
    for _ in range(3):
        item = noticed(two, number)
        calls = [
            {"operation": "decide", "item": item["id"], "version": item["version"], "verb": verb} for verb in verbs
        ]
        answers = both(two, *calls)
        assert sorted(answers) == ["decided", "moved"], answers
        two.until(lambda: not two.do("item_of", enrolment=two.enrolments[number]), "the item to be settled")
    two.assert_sound()


def test_two_registrars_change_one_record(two: Stage) -> None:
    number, date = two.number(), new_day()
    enrolment, grade = two.enrolments[number], two.other_grade(number)
    both(
        two,
        {"operation": "change", "enrolment": enrolment, "changes": {"exit_date": date}},
        {"operation": "change", "enrolment": enrolment, "changes": {"grade": grade}},
    )
    two.until(
        lambda: two.record(number)["RegistrationExitDate"] == date and two.record(number)["Grade"] == grade, "both"
    )
    two.assert_sound()


def test_accept_while_a_newer_version_lands(two: Stage) -> None:
    """The decision holds for what was seen; what landed later is asked for again, never taken unseen."""
    number = two.number()
    for seen, newer in itertools.pairwise([new_day() for _ in range(4)]):
        item = noticed(two, number, RegistrationExitDate=seen)
        two.begin("decide", by="driver2", item=item["id"], version=item["version"], verb="accept")
        two.foreign_edit(number, RegistrationExitDate=newer)
        assert two.finish("driver2") in ("decided", "moved")
        version = two.record(number)["PASICoreVersion"]
        two.until(
            lambda version=version: two.do("item_of", enrolment=two.enrolments[number]).get("core_version") == version,
            "the newer picture",
        )
        fields = two.do("item_of", enrolment=two.enrolments[number])["fields"]
        assert [row["pasi"] for row in fields if row["name"] == "exit_date"] == [newer]
    two.do("accept", item=two.do("item_of", enrolment=two.enrolments[number])["id"])
    two.assert_sound()


def test_double_click_with_one_idempotency_key(two: Stage) -> None:
    number, date = two.number(), new_day()
    before = two.applied(number)
    call = {
        "operation": "request",
        "method": "patch",
        "path": f"enrolments/{two.enrolments[number]}/",
        "body": {"exit_date": date},
        "key": f"click-{date}",
    }
    first, second = both(two, call, call)
    assert first[0] == second[0] == 200, (first, second)
    assert first[1] == second[1]
    other = two.do(**{**call, "body": {"exit_date": new_day()}})
    assert other[0] == 422
    two.until(lambda: two.record(number)["RegistrationExitDate"] == date, "the change in PASI")
    two.assert_sound()
    assert two.applied(number) == before + 1


def test_double_click_on_send_again(two: Stage) -> None:
    number = two.number()
    two.proxy.misbehave(manners.fault("3001", 500))
    two.do("change", enrolment=two.enrolments[number], changes={"exit_date": new_day()})
    two.until(lambda: two.submission(number)["status"] == "dead", "the dead letter")
    call = {"operation": "send_again", "submission": two.submission(number)["id"]}
    answers = both(two, call, call)
    assert sum("NotPossible" in str(answer) for answer in answers) == 1, answers
    two.until(lambda: two.submission(number)["status"] == "accepted", "the change to be accepted")
    two.assert_sound()


def test_right_to_the_school_removed_in_mid_job(two: Stage) -> None:
    """What was changed with the right goes out; from then on the school does not exist for that person."""
    number, date = two.number(), new_day()
    path = f"enrolments/{two.enrolments[number]}/"
    item = noticed(two, number)
    with manners.held_back() as manner:
        order = two.proxy.misbehave(manner)
        two.do("change", enrolment=two.enrolments[number], changes={"exit_date": date})
        two.until(lambda: order.used == 1, "the submit on its way")
        two.do("right_to_school", given=False)
        assert two.do("request", method="patch", path=path, body={"grade": "01", "exit_date": new_day()})[0] == 404
        assert two.do("request", method="post", path=f"discrepancies/{item['id']}/accept/", body={})[0] == 404
        assert two.do("request", method="get", path="enrolments/")[1]["results"] == []
    two.until(lambda: two.record(number)["RegistrationExitDate"] == date, "the change in PASI")
    two.do("right_to_school", given=True)
    two.do("accept", item=two.do("item_of", enrolment=two.enrolments[number])["id"])
    two.assert_sound()

"""IsDataAvailable: versions, full sets, hash, window, limits, long poll."""

from __future__ import annotations

import base64
import hashlib
import threading
import time

import pytest
import requests

from tests.simulator.program import student
from tests.simulator.test_reads import RECORDS, load_pupil

YEAR = "StudentSchoolEnrolment.2027"


def expected_hash(pairs) -> str:
    text = "".join(f"{key.upper()}{version}" for key, version in sorted((k.upper(), v) for k, v in pairs))
    return base64.b64encode(hashlib.md5(text.encode()).digest()).decode()


def ask(pasi, *types, wait=0, **caller) -> list[tuple[list[tuple[str, int]], bool]]:
    infos = pasi.available(*types, wait=wait, **caller).result["TypeInfos"]
    assert [info["NotificationType"] for info in infos] == [given[0] for given in types]
    return [
        ([(p["Id"], int(p["Version"])) for p in info["IdVersions"]], info["IsCompleteSet"] == "true") for info in infos
    ]


def version_of(pasi, record) -> int:
    return pasi.control("GET", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")["PASICoreVersion"]


@pytest.mark.parametrize(
    ("notification_type", "wait", "code"),
    [
        ("School", -1, "3007"),
        ("School", 61, "3007"),
        ("Course", 0, "3005"),
        ("StudentSchoolEnrolment.latest", 0, "3005"),
        ("School.2027", 0, "3006"),
        ("Student.2027", 0, "3006"),
        ("StudentSchoolEnrolment", 0, "3008"),
        ("studentSCHOOLenrolment.2027", 0, None),
        ("SCHOOLAUTHORITY", 0, None),
    ],
)
def test_notification_types(pasi, notification_type, wait, code):
    assert pasi.available((notification_type, 0), wait=wait).fault == code


def test_full_set_then_only_news(pasi):
    _, record = load_pupil(pasi)
    [(pairs, complete)] = ask(pasi, (YEAR, 0))
    assert complete
    assert (record["RefId"], version_of(pasi, record)) in pairs
    assert [version for _, version in pairs] == sorted(version for _, version in pairs)
    newest = max(version for _, version in pairs)
    assert ask(pasi, (YEAR, newest)) == [([], False)]
    changed = pasi.control("PATCH", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", {"Grade": "08"})
    assert ask(pasi, (YEAR, newest)) == [([(record["RefId"], changed["PASICoreVersion"])], False)]


def test_several_types_at_once(pasi):
    load_pupil(pasi)
    answers = ask(pasi, ("School", 0), ("SchoolAuthority", 0), ("Student", 0), (YEAR, 0))
    assert {key for key, _ in answers[0][0]} == {"9101", "9102", "9201"}  # all schools, also those of others
    assert {key for key, _ in answers[1][0]} == {"9001", "9002"}
    assert all(complete for _, complete in answers)


def test_a_wrong_hash_brings_the_complete_set(pasi):
    _, record = load_pupil(pasi)
    [(pairs, _)] = ask(pasi, (YEAR, 0))
    newest = max(version for _, version in pairs)
    assert ask(pasi, (YEAR, newest, expected_hash(pairs))) == [([], False)]
    pasi.control("DELETE", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/?physical=1")
    [(left, complete)] = ask(pasi, (YEAR, newest, expected_hash(pairs)))
    assert complete
    assert record["RefId"] not in dict(left)
    assert len(left) == len(pairs) - 1


def test_news_come_before_the_hash(pasi):
    load_pupil(pasi)
    [(pairs, _)] = ask(pasi, (YEAR, 0))
    [(news, complete)] = ask(pasi, (YEAR, max(v for _, v in pairs) - 1, "wrong"))
    assert (news, complete) == (pairs[-1:], False)


def test_deleted_records_stay_in_the_set(pasi):
    _, record = load_pupil(pasi)
    pasi.control("DELETE", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/")
    assert record["RefId"] in dict(ask(pasi, (YEAR, 0))[0][0])


def test_only_what_the_organization_may_see(pasi):
    _, own = load_pupil(pasi, school="9102")
    pupil, other = load_pupil(pasi, school="9201")
    seen = dict(ask(pasi, (YEAR, 0))[0][0])
    assert own["RefId"] in seen
    assert other["RefId"] not in seen
    assert pupil["StateProvinceId"] not in dict(ask(pasi, ("Student", 0))[0][0])
    assert own["RefId"] not in dict(ask(pasi, (YEAR, 0), organization="S.9101")[0][0])
    load_pupil(pasi, pupil=pupil)
    assert other["RefId"] in dict(ask(pasi, (YEAR, 0))[0][0])
    assert pupil["StateProvinceId"] in dict(ask(pasi, ("Student", 0))[0][0])


@pytest.mark.parametrize(
    ("today", "year", "inside"),
    [
        ("2026-12-31", 2028, False), ("2026-12-31", 2027, True), ("2026-12-31", 2024, True),
        ("2026-12-31", 2023, False), ("2027-01-01", 2028, True), ("2027-01-01", 2024, False),
        ("2027-01-01", 2025, True),
    ],
)  # fmt: skip
def test_the_window_moves_on_1_january(pasi, today, year, inside):
    pasi.knobs(today=today)
    _, record = load_pupil(pasi, year=year)
    [(pairs, complete)] = ask(pasi, (f"StudentSchoolEnrolment.{year}", 0))
    assert (record["RefId"] in dict(pairs)) == inside
    assert complete
    assert bool(pairs) == inside


def test_a_year_that_left_the_window_fails_the_hash(pasi):
    load_pupil(pasi, year=2024)
    [(pairs, _)] = ask(pasi, ("StudentSchoolEnrolment.2024", 0))
    pasi.knobs(today="2027-01-01")
    held = ("StudentSchoolEnrolment.2024", max(v for _, v in pairs), expected_hash(pairs))
    assert ask(pasi, held) == [([], True)]


def test_blocks_are_drained_by_version(pasi):
    records = [load_pupil(pasi, year=2025)[1] for _ in range(3)]
    name, drained, after = "StudentSchoolEnrolment.2025", [], 0
    total = len(ask(pasi, (name, 0))[0][0])
    assert total >= 3
    pasi.knobs(block_limit=2)
    while True:
        [(pairs, complete)] = ask(pasi, (name, after))
        if not pairs:
            break
        assert len(pairs) <= 2
        assert not complete
        drained += pairs
        after = pairs[-1][1]
    assert len(drained) == total
    assert {record["RefId"] for record in records} <= set(dict(drained))


def test_overall_limit_cuts_later_types(pasi):
    load_pupil(pasi)
    pasi.knobs(overall_limit=2)
    authorities, schools = ask(pasi, ("SchoolAuthority", 0), ("School", 0))
    assert (len(authorities[0]), authorities[1]) == (2, True)
    assert schools == ([], False)


class Poll(threading.Thread):
    """A long poll in the background; when it came back and with what."""

    def __init__(self, pasi, *types, wait=1):
        super().__init__(daemon=True)
        self.pasi, self.types, self.minutes = pasi, types, wait
        self.at = self.answer = None

    def run(self):
        self.answer = ask(self.pasi, *self.types, wait=self.minutes)
        self.at = time.monotonic()


def test_a_long_poll_wakes_at_once(pasi):
    _, record = load_pupil(pasi)
    newest = version_of(pasi, record)
    poll = Poll(pasi, (YEAR, newest))
    poll.start()
    time.sleep(0.3)
    assert poll.is_alive()
    load_pupil(pasi, school="9201")  # nothing that this caller may see
    time.sleep(0.2)
    assert poll.is_alive()
    changed = time.monotonic()
    pasi.control("PATCH", f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/", {"Grade": "07"})
    poll.join(5)
    assert poll.at - changed < 3  # it would have lasted a minute
    assert [key for key, _ in poll.answer[0][0]] == [record["RefId"]]


def test_a_long_poll_ends_empty_after_its_time(pasi):
    _, record = load_pupil(pasi)
    pasi.knobs(long_poll_max_s=0.4)
    started = time.monotonic()
    assert ask(pasi, (YEAR, version_of(pasi, record)), wait=1) == [([], False)]
    assert 0.35 < time.monotonic() - started < 2


def test_a_long_poll_breaks_when_pasi_goes_away(pasi):
    _, record = load_pupil(pasi)
    newest = version_of(pasi, record)
    threading.Timer(0.3, lambda: pasi.knobs(unavailable=True)).start()
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        ask(pasi, (YEAR, newest), wait=1)
    assert 0.2 < time.monotonic() - started < 2


def test_an_empty_year_lets_the_caller_wait(pasi):
    pasi.knobs(long_poll_max_s=0.3, today="2031-11-20")
    started = time.monotonic()
    assert ask(pasi, ("StudentSchoolEnrolment.2032", 0), wait=1) == [([], True)]
    assert time.monotonic() - started > 0.25
    assert ask(pasi, ("StudentSchoolEnrolment.2032", 0, "something"), wait=60) == [([], True)]


def test_a_student_created_elsewhere_is_not_ours(pasi):
    pupil = student()
    pasi.control("POST", "/control/load/", {"Student": [pupil]})
    assert pupil["StateProvinceId"] not in dict(ask(pasi, ("Student", 0))[0][0])

"""The control API."""

from __future__ import annotations

import uuid

import pytest
import requests

from tests.simulator.program import enrolment, extended, student
from tests.simulator.test_reads import RECORDS, load_pupil


def path_of(record) -> str:
    return f"{RECORDS}/StudentSchoolEnrolment/{record['RefId']}/"


def test_load_skips_what_is_there(pasi):
    pupil, record = load_pupil(pasi)
    body = {"Student": [pupil, student()], "StudentSchoolEnrolment": [record], "_as": {"name": "Loader"}}
    answer = pasi.control("POST", "/control/load/", body)
    assert answer == {"Student": {"loaded": 1, "skipped": 1}, "StudentSchoolEnrolment": {"loaded": 0, "skipped": 1}}
    fresh = enrolment(pupil["StateProvinceId"])
    pasi.control("POST", "/control/load/", {"StudentSchoolEnrolment": [fresh], "_as": {"name": "Loader"}})
    assert pasi.control("GET", path_of(fresh))["LastUpdate"]["UserName"] == "Loader"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Teacher": []}, "Teacher"),
        ({"Student": {}}, "Student"),
        ({"Student": [{"StateProvinceId": "1", "Shoe": 1}]}, "Student[0].Shoe"),
        ({"Student": [{}]}, "Student[0].StateProvinceId"),
        ({"StudentSchoolEnrolment": [{"RefId": "x"}]}, "StudentSchoolEnrolment[0].RefId"),
        ([], "object"),
        ({"_as": {"shoe": "7"}}, "_as"),
    ],
)
def test_load_says_where_it_is_wrong(pasi, body, said):
    answer = pasi.control_session.post(f"http://127.0.0.1:{pasi.control_port}/control/load/", json=body, timeout=5)
    assert answer.status_code in (400, 404)
    assert said in answer.json()["detail"]


def test_lists_are_filtered_and_paged(pasi):
    pupil = student()
    records = [enrolment(pupil["StateProvinceId"], year=2026, school="9102") for _ in range(103)]
    pasi.control("POST", "/control/load/", {"Student": [pupil], "StudentSchoolEnrolment": records})
    address = f"{RECORDS}/StudentSchoolEnrolment/?SchoolYear=2025-2026&SchoolCode=9102"
    address += f"&StateProvinceId={pupil['StateProvinceId']}"
    first = pasi.control("GET", address)
    assert (len(first["results"]), first["previous"]) == (100, None)
    second = pasi.control("GET", first["next"])
    assert (len(second["results"]), second["next"]) == (3, None)
    found = [row["RefId"] for row in first["results"] + second["results"]]
    assert found == [record["RefId"] for record in records]
    back = pasi.control("GET", second["previous"])
    assert (back["results"], back["previous"]) == (first["results"], None)
    assert set(first["results"][0]) > {"ExtendedSchoolEnrolmentInfo", "LastUpdate", "SchoolProvidedProgramPercentage"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("StudentSchoolEnrolment/?School=9101", 400),
        ("StudentSchoolEnrolment/?SchoolYear=2026-2028", 400),
        ("StudentSchoolEnrolment/?SchoolYear=soon", 400),
        ("StudentSchoolEnrolment/?after=x", 400),
        ("Teacher/", 404),
        ("Student/999999999/", 404),
    ],
)
def test_bad_lists(pasi, path, status):
    assert pasi.control("GET", f"{RECORDS}/{path}", status=status)["title"]


def test_patch(pasi):
    _, record = load_pupil(pasi)
    before = pasi.control("GET", path_of(record))
    who = {"name": "Rosa Lund", "organization": "S.9101"}
    info = extended(("GrantsProgramCodes", "211"))
    body = {"Grade": None, "ExtendedSchoolEnrolmentInfo": info, "_as": who}
    after = pasi.control("PATCH", path_of(record).replace(record["RefId"], record["RefId"].upper()), body)
    assert after["PASICoreVersion"] > before["PASICoreVersion"]
    assert after["Grade"] is None
    assert after["ExtendedSchoolEnrolmentInfo"] == info
    assert after["LastUpdate"] == {"UserName": "Rosa Lund", "OrganizationCode": "S.9101"}
    plain = pasi.control("PATCH", path_of(record), {"Grade": "08"})
    assert plain["LastUpdate"] == {"UserName": "PASIprep user", "OrganizationCode": "O.1"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Colour": "red"}, "StudentSchoolEnrolment.Colour"),
        ({"SchoolYear": "2027"}, "StudentSchoolEnrolment.SchoolYear"),
        ({"RegistrationExitDate": "31/12/2026"}, "StudentSchoolEnrolment.RegistrationExitDate"),
        ({"RefId": str(uuid.uuid4())}, "StudentSchoolEnrolment.RefId"),
        ({"Grade": "\x00"}, "StudentSchoolEnrolment.Grade"),
        ({"IsDeleted": None}, "StudentSchoolEnrolment.IsDeleted"),
    ],
)
def test_bad_patches_change_nothing(pasi, body, said):
    _, record = load_pupil(pasi)
    before = pasi.control("GET", path_of(record))
    assert said in pasi.control("PATCH", path_of(record), body, status=400)["detail"]
    assert pasi.control("GET", path_of(record)) == before


def test_put_delete_and_unknown(pasi):
    pupil, _ = load_pupil(pasi)
    record = enrolment(pupil["StateProvinceId"])
    pasi.control("PATCH", path_of(record), {"Grade": "08"}, status=404)
    pasi.control("PUT", path_of(record), record, status=201)
    pasi.control("PUT", path_of(record), record | {"Grade": "08"})
    assert pasi.control("DELETE", path_of(record), {"_as": {"name": "Rosa Lund"}})["IsDeleted"] is True
    assert pasi.control("GET", path_of(record))["LastUpdate"]["UserName"] == "Rosa Lund"
    pasi.control("DELETE", path_of(record) + "?physical=1")
    pasi.control("GET", path_of(record), status=404)
    for physical in ("", "?physical=1"):
        pasi.control("DELETE", f"{RECORDS}/Student/{pupil['StateProvinceId']}/{physical}", status=405)


@pytest.mark.parametrize(
    "knobs",
    [
        {"speed": 3}, {"delay_ms": -1}, {"delay_ms": "5"}, {"today": "tomorrow"}, {"unavailable": 1}, {"fault": "2001"},
        {"fault": {"code": "x"}}, {"fault": {"code": "2001", "times": -1}}, {"html": True}, {"block_limit": 0}, [],
        {"delay_ms": 5, "speed": 3},
    ],
)  # fmt: skip
def test_bad_knobs_change_nothing(pasi, knobs):
    before = pasi.control("GET", "/control/knobs/")
    assert pasi.control("POST", "/control/knobs/", knobs, status=400)["detail"]
    assert pasi.control("GET", "/control/knobs/") == before


def test_reset_keeps_records(pasi):
    _, record = load_pupil(pasi)
    pasi.call("HelloWorld")
    pasi.knobs(delay_ms=7)
    pasi.control("POST", "/control/reset/")
    assert pasi.calls() == []
    assert pasi.control("GET", "/control/knobs/")["delay_ms"] == 0
    assert pasi.control("GET", path_of(record))["RefId"] == record["RefId"]


def test_calls_are_filtered(pasi):
    pasi.call("HelloWorld", message_id="mine")
    pasi.call("HelloWorld", name="")
    assert [call["message_id"] for call in pasi.calls(outcome="accepted")] == ["mine"]
    assert [call["fault_code"] for call in pasi.calls(operation="HelloWorld", outcome="fault")] == ["3002"]
    pasi.control("GET", "/control/calls/?colour=red", status=400)


def test_health(pasi):
    answer = pasi.control("GET", "/control/health/")
    assert answer["status"] == "ok"
    assert answer["records"]["School"] == 3
    assert answer["version"] > 8_800_000


def test_a_busy_morning(pasi):
    pasi.knobs(today="2029-11-20")  # a year of its own
    made = [load_pupil(pasi, year=2030)[1] for _ in range(14)]
    load_pupil(pasi, year=2030, IsDeleted=True)
    load_pupil(pasi, year=2030, school="9201")
    done = pasi.control("POST", "/control/busy-morning/")["changes"]
    assert len(done) == 13
    assert len({row["change"] for row in done}) == 13
    assert len({row["_as"]["name"] for row in done}) >= 4
    assert {row["SchoolCode"] for row in done} == {"9101"}
    assert len({row["RefId"] for row in done} - {record["RefId"] for record in made}) == 2  # undeleted and created
    for row in done:
        now = pasi.control("GET", path_of(row))
        assert now["PASICoreVersion"] == row["version"]
        # Every change is one that PASI's own rules allow: sent again as it stands, it is an empty update.
        again = {name: value for name, value in now.items() if name not in ("EffectiveUtc", "LastUpdate")}
        assert pasi.submit({k: v for k, v in again.items() if v is not None}).codes == ["9023"]


def test_a_busy_morning_with_a_seed_takes_the_same_places(pasi):
    def places(year, seed):
        pasi.knobs(today=f"{year - 1}-11-20")
        made = [load_pupil(pasi, year=year)[1]["RefId"] for _ in range(30)]
        done = pasi.control("POST", "/control/busy-morning/", {"seed": seed})["changes"]
        return [made.index(row["RefId"]) for row in done if row["RefId"] in made]

    first = places(2042, 7)
    assert len(first) == 11
    assert places(2043, 7) == first
    assert places(2044, 8) != first
    pasi.control("POST", "/control/busy-morning/", {"seed": "seven"}, status=400)


def test_only_this_machine_and_its_own_pages(pasi):
    base = f"http://127.0.0.1:{pasi.control_port}"
    foreign = requests.get(f"{base}/control/health/", headers={"Host": "evil.example"}, timeout=5)
    assert foreign.status_code == 403
    for origin, status in (("http://evil.example", 403), ("null", 403), (base, 200)):
        answer = requests.post(f"{base}/control/knobs/", json={}, headers={"Origin": origin}, timeout=5)
        assert answer.status_code == status
    assert requests.get(f"http://localhost:{pasi.control_port}/control/health/", timeout=5).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [
    ("PUT", "/control/knobs/", 405), ("GET", "/control/nothing/", 404), ("GET", "/control/load/", 405),
])  # fmt: skip
def test_addresses_and_methods(pasi, method, path, status):
    assert pasi.control(method, path, status=status)["detail"]


def test_what_is_not_json(pasi):
    for body in (b"{", b"NaN", b"\xff"):
        answer = requests.post(f"http://127.0.0.1:{pasi.control_port}/control/load/", data=body, timeout=5)
        assert answer.status_code == 400

"""The rooms of the house: what may lie at an app's root, how long a file may be, and which names say nothing."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "api", "apps", "filters", "forms", "jobs", "management", "migrations", "models", "panels", "rules", "selectors",
    "serializers", "services", "tasks", "templatetags", "urls", "views",
}  # fmt: skip
# What an app has beside the rooms, because it is that app's alone.
FURTHER = {
    "alerts": set(),
    "pasi_connect": {"demo", "entities", "soap", "wsdl"},
    "reconciliation": {"engine"},
    "registrar": set(),
    "sis": set(),
}
MOST_LINES = 400
# Riddles, participles that do not say of what, and drawers for everything.
RIDDLES = {
    "about", "again", "apart", "asked", "both", "calm", "common", "core", "doors", "found", "given", "gone_records", "harmless",
    "helpers", "how", "made", "managers", "manners", "misc", "said", "shown", "since", "things", "told", "utils", "which_sheet",
}  # fmt: skip
STILL = {
    "pasi_simulator/core.py",
    "tests/contract/test_doors.py",
    "tests/faults/manners.py",
}


def files() -> list[str]:
    """Every Python file of the tree, as Git knows it; without Git as they lie there."""
    try:
        told = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [name for name in told.split() if (ROOT / name).exists()]
    except (OSError, subprocess.CalledProcessError):
        return [
            str(path.relative_to(ROOT))
            for app in (*FURTHER, "config", "operations", "pasi_simulator", "tests")
            for path in (ROOT / app).rglob("*.py")
        ]


def loose(names: list[str], app: str) -> set[str]:
    """What lies at the app's root and is no room."""
    inside = {Path(name).parts[1] for name in names if name.startswith(f"{app}/")}
    return {name for name in inside if name.removesuffix(".py") not in {*ROOMS, *FURTHER[app], "__init__"}}


def room_and_noun(names: list[str], app: str) -> set[str]:
    """Files whose name repeats a room, as `guided_forms.py` does: they belong into the room."""
    return {
        name
        for name in names
        if name.startswith(f"{app}/") and len(Path(name).parts) == 2
        for room in ROOMS
        if Path(name).stem.startswith(f"{room}_") or Path(name).stem.endswith(f"_{room}")
    }


def lines(name: str) -> int:
    return len((ROOT / name).read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("app", FURTHER)
def test_an_app_has_rooms_and_nothing_beside_them(app):
    assert not loose(files(), app)
    assert not room_and_noun(files(), app)


def test_a_room_is_a_file_or_a_folder_never_both():
    names = set(files())
    assert not {name for name in names if name.removesuffix(".py") + "/__init__.py" in names}


def test_a_file_has_at_most_400_lines():
    assert not {name for name in files() if "/migrations/" not in name and lines(name) > MOST_LINES}


def test_the_name_of_a_file_says_what_is_inside():
    assert {name for name in files() if Path(name).stem.removeprefix("test_") in RIDDLES} <= STILL


@pytest.mark.parametrize(
    "name", ["pasi_connect/standing.py", "pasi_connect/guided_forms.py", "sis/wording.py", "registrar/helpers/x.py"]
)
def test_a_loose_module_is_noticed(name):
    assert loose([name], name.split("/")[0])


# What the lowest app keeps at its root; no other module joins it.
AT_THE_ROOT_OF_OPERATIONS = {
    "actor", "alarms", "answers", "bodies", "clock", "counters", "exports", "faults", "frame", "health", "heartbeats", "keyset",
    "liveness", "logs", "middleware", "offers", "passwords", "previews", "reading", "rights", "security_log", "sentences",
    "signing_in", "silence", "statements", "throttle", "ticking", "unusual", "wake", "wording",
}  # fmt: skip
# A write of a record of the SIS, by the table or by the record.
SIS_TABLES = "Authority|Course|CourseEnrolment|School|SchoolCalendar|SchoolEnrolment|Section|SectionCourse|StoredGrade|Student|Term"
WRITE = re.compile(
    rf"\b({SIS_TABLES})\.objects\b[^#\n]*\.(create|bulk_create|update|bulk_update|update_or_create|get_or_create|delete)\("
    r"|\b(enrolment|grade|ours|record|school|seat|section|stay|student|term)\.(save|delete)\("
)
# Calls of PASI that get no records: is it there, which years does it take, its lists of codes, what has changed.
GET = re.compile(r"gateway\.call\((?!\s*\"(HelloWorld|GetAcceptedRegistrationStatus|GetCodeValues|IsDataAvailable)\")")


def lines_with(pattern: re.Pattern[str], *apps: str, but: tuple[str, ...] = ()) -> set[str]:
    """Product files in which the pattern stands."""
    return {
        name
        for name in files()
        if name.startswith(tuple(f"{app}/" for app in apps)) and "/migrations/" not in name and not name.startswith(but)
        if pattern.search((ROOT / name).read_text(encoding="utf-8"))
    }


def test_no_module_joins_those_at_the_root_of_the_lowest_app():
    inside = {Path(name).parts[1].removesuffix(".py") for name in files() if name.startswith("operations/")}
    assert inside - ROOMS - {"__init__"} == AT_THE_ROOT_OF_OPERATIONS


def test_a_record_of_the_sis_is_written_by_its_services_alone():
    """The demo makes its district at once, before anybody works in it."""
    apps = ("config", "operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation")
    assert lines_with(WRITE, *apps, but=("sis/services/", "pasi_connect/demo/")) == set()
    assert lines_with(WRITE, "sis")  # the pattern sees something


def test_one_module_gets_records_from_pasi():
    """Sending and the questions for news are calls of their own."""
    apart = {"pasi_connect/services/queue/sending.py"}
    assert lines_with(GET, "pasi_connect", "registrar", "alerts") - apart == {"pasi_connect/services/pull/reading.py"}


# What two apps share lives below both: (what it is, how it is known in a file, where alone it may stand).
SHARED = (
    ("a row of settings", r"class \w+Settings\((?!Singleton\)|Exception\))", ()),
    ("the limits of a setting's form", r"MinValueValidator", ("operations/",)),
    ("a strict body", r"def to_internal_value\b", ("operations/", "sis/serializers.py")),
    # A file and a preview go through a list chunk by chunk.
    (
        "a page of a list",
        r"keyset\.page\(|def _pager\(|params\.pop\(\"after\"",
        ("operations/", "pasi_connect/views/guard.py", "pasi_connect/views/bulk.py"),
    ),
    ("back-off", r"\*\* ?\(?[a-z_]*(attempt|failure|tries)|2 \*\* min\(", ("operations/",)),
    ("an ASN or a school year in a form, a filter, a body or a column", r"class \w*(Asn|SchoolYear)\w*\(.*(Field|Filter)\)", ("sis/",)),
    ("PASI's glossary", r"offers\.glossary\.", ("pasi_connect/",)),
    ("what PASI collects", r"events\.collects\(", ("pasi_connect/", "registrar/")),
)  # fmt: skip
ALL = ("config", "operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation")


@pytest.mark.parametrize(("what", "known_by", "places"), SHARED, ids=[what for what, *_ in SHARED])
def test_what_two_apps_share_lives_below_both(what, known_by, places):
    assert lines_with(re.compile(known_by), *ALL, but=places) == set()
    if places:
        assert lines_with(re.compile(known_by), *ALL), "the pattern sees nothing any more"


def test_the_lower_apps_know_no_name_of_pasis_lists_and_services():
    """Not in the code, that is: a source is named where a rule comes from it."""
    from pasi_connect.entities import REGISTRY

    classes = {name for entity in REGISTRY for name in entity.coded.values()} - {"Grade", "ProgrammingType"}
    services = {entity.get.operation for entity in REGISTRY}
    services |= {name for entity in REGISTRY if entity.submit for name in [entity.submit.operation]}
    texts = {
        (name, one.value)
        for name in files()
        if name.startswith(("operations/", "sis/")) and "/migrations/" not in name
        for one in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }
    assert {(name, text) for name, text in texts if text in classes | services} == set()

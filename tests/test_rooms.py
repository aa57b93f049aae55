"""The rooms of the house: what may lie at an app's root, how long a file may be, and which names say nothing."""

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
# Longer than that today; a file leaves this list and no other joins it.
TOO_LONG = {
    "tests/pasi_connect/services/compare/test_set_aside.py",
}
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
    long = {name for name in files() if "/migrations/" not in name and lines(name) > MOST_LINES}
    assert long <= TOO_LONG


def test_a_file_that_has_become_short_leaves_the_list_of_long_ones():
    assert {name for name in TOO_LONG if (ROOT / name).exists() and lines(name) <= MOST_LINES} == set()


def test_the_name_of_a_file_says_what_is_inside():
    assert {name for name in files() if Path(name).stem.removeprefix("test_") in RIDDLES} <= STILL


@pytest.mark.parametrize(
    "name", ["pasi_connect/standing.py", "pasi_connect/guided_forms.py", "sis/wording.py", "registrar/helpers/x.py"]
)
def test_a_loose_module_is_noticed(name):
    assert loose([name], name.split("/")[0])

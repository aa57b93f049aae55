"""No participle stands for a thing: a name says what it holds (`answer`, `values`, `rows`), never that somebody told or found it."""

import ast
from pathlib import Path

import pytest

from tests.test_rooms import ROOT, files

PARTICIPLES = {"asked", "foreseen", "found", "given", "known", "listed", "made", "said", "seen", "shown", "told"}
# A state, a member of the API that stays, and what a page sends back of what it showed.
ALLOWED = {
    "alerts/forms.py: AssignForm.seen",
    "operations/models/reading.py: Kind.LISTED",
    "pasi_connect/forms/decisions.py: BulkForm.seen",
    "pasi_connect/forms/decisions.py: ExitForm.seen",
    "pasi_connect/serializers/decisions.py: ActionSerializer.given",
    "registrar/forms/year_end.py: ExitCodesForm.seen",
    "sis/forms/sections.py: DeletionForm.seen",
    "sis/forms/sections.py: SectionForm.seen",
}

# Apps in which local variables and parameters go by what they hold as well.
CLEAN = (
    "alerts",
    "config",
    "operations",
    "pasi_connect",
    "pasi_simulator",
    "reconciliation",
    "registrar",
    "sis",
)  # fmt: skip


def names_of(body: list[ast.stmt], inside: str = "") -> list[str]:
    """Functions, classes, module attributes and fields, with the class that they stand in."""
    names = []
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.append(f"{inside}{name}")
            case ast.ClassDef(name=name):
                names += [f"{inside}{name}", *names_of(node.body, f"{name}.")]
            case ast.Assign(targets=targets):
                parts = [part for target in targets for part in ast.walk(target)]
                names += [f"{inside}{part.id}" for part in parts if isinstance(part, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.append(f"{inside}{name}")
            case ast.If() | ast.Try() | ast.With():
                names += names_of(node.body, inside)
    return names


def locals_of(tree: ast.AST) -> list[str]:
    """Local variables and parameters, with the line on which each is named, outside of classes' and modules' own names."""
    names = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    names.append(f"{node.lineno}.{name}")
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    names.append(f"{node.lineno}.{name}")
                case ast.MatchMapping(rest=str(name)):
                    names.append(f"{node.lineno}.{name}")
    return sorted(set(names))


def is_participle(name: str) -> bool:
    return name.rpartition(".")[2].strip("_").lower() in PARTICIPLES


def participles(name: str) -> set[str]:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return {f"{name}: {one}" for one in names_of(tree.body) if is_participle(one)}


def test_no_name_that_others_read_is_a_participle() -> None:
    code = [name for name in files() if "/migrations/" not in name]
    assert len(code) > 800
    assert set().union(*map(participles, code)) == ALLOWED


@pytest.mark.parametrize("app", CLEAN)
def test_no_local_variable_and_no_parameter_of_a_clean_app_is_a_participle(app: str) -> None:
    code = [name for name in files() if name.startswith(f"{app}/") and "/migrations/" not in name]
    assert code
    trees = {name: ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in code}
    assert not [f"{name}: {one}" for name, tree in trees.items() for one in locals_of(tree) if is_participle(one)]


def test_no_file_is_called_by_a_participle() -> None:
    assert not [name for name in files() if is_participle(Path(name).stem.removeprefix("test_"))]


@pytest.mark.parametrize(
    "code", ["def _told(): ...", "class Given: ...", "KNOWN = 1", "class A:\n    seen: int", "a, found = 1, 2"]
)
def test_a_participle_is_noticed(code: str) -> None:
    assert [one for one in names_of(ast.parse(code).body) if is_participle(one)]


@pytest.mark.parametrize(
    "code",
    [
        "def f(given): ...",
        "def f(*, told=None): ...",
        "def f(**given): ...",
        "def f():\n    made, n = 1, 2",
        "def f():\n    return [found for found in ()]",
        "def f():\n    if (seen := 1): ...",
        "def f():\n    for shown in (): ...",
        "def f():\n    with g() as asked: ...",
        "def f():\n    try: ...\n    except E as found: ...",
        "def f(x):\n    match x:\n        case [known, *_]: ...",
        "f = lambda said: 1",
        "class A:\n    async def f(self, listed): ...",
    ],
)
def test_a_participle_inside_a_function_is_noticed(code: str) -> None:
    assert [one for one in locals_of(ast.parse(code)) if is_participle(one)]

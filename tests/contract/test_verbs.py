"""What was done is one enum with its wording: nothing else is written to the audit, and nobody matches on a loose text of it."""

import ast
import re
from pathlib import Path

import pytest

from operations.actor import SYNC
from operations.models import AuditEntry
from operations.models.audit import Verb
from operations.services import audit

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation")
ENUM = "operations/models/audit.py"
TEXTS = frozenset(Verb.values)
# What is one word alone is a word of other things too ("job"): it counts where it is laid beside an action.
WHOLE = frozenset(text for text in TEXTS if " " in text)


def files():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name != ENUM and "/migrations/" not in name:
                yield name, ast.parse(path.read_text())


def texts_in(node):
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def is_action(node):
    return isinstance(node, ast.Attribute) and node.attr == "action"


def loose(tree):
    """Texts of verbs that stand in the code, alone or beside an action."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if text in WHOLE:
                yield text
            case ast.Compare() if any(map(is_action, (node.left, *node.comparators))):
                yield from texts_in(node) & TEXTS
            case ast.keyword(arg=str(name)) if name.partition("__")[0] == "action":
                yield from texts_in(node.value) & TEXTS


@pytest.mark.parametrize(
    "code",
    [
        'entry.action == "job"',
        '"freed" == entry.action',
        'entry.action in ("assigned", "snoozed")',
        'rows.filter(action="job")',
        'rows.filter(action__in=["job"])',
        'case = {"section changed": 1}',
    ],
)
def test_a_loose_text_is_noticed(code):
    assert list(loose(ast.parse(code)))


def test_no_code_matches_on_a_loose_text_of_a_verb():
    assert {name: set(loose(tree)) for name, tree in files() if any(loose(tree))} == {}


def test_no_template_does():
    beside = re.compile(r"action\s*==\s*['\"]([^'\"]+)['\"]")
    pages = (ROOT / "templates").rglob("*.html")
    assert [page.name for page in pages if TEXTS & set(beside.findall(page.read_text()))] == []


@pytest.mark.parametrize("verb", ["section changed", "section chanegd", ""])
def test_the_audit_takes_no_loose_text(db, verb):
    with pytest.raises(TypeError):
        audit.record(SYNC, audit.Entry(verb, "section", "1"))
    with pytest.raises(TypeError):
        AuditEntry(action="section chanegd", entity="section").save()
    assert not AuditEntry.objects.exists()

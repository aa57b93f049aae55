"""What the engine may know of kinds of records: nothing by name. It grows folder by folder (docs/notes/0019-one-engine.md)."""

import ast
from pathlib import Path

import pytest

from pasi_connect.entities import REGISTRY, written
from sis.services.events import STUDENT

SERVICES = Path(__file__).resolve().parents[3] / "pasi_connect" / "services"
CONCRETE = {model.__name__ for entity in REGISTRY for model in (entity.copy, entity.sis and entity.sis.model) if model}
# A school and a student are more to the engine than kinds of records: whose they all are, and whose order they keep.
OTHERS = [entity for entity in written() if entity.kind != STUDENT]
WORDS = {word for entity in OTHERS for word in (entity.kind, entity.kind.upper(), entity.notification)}
NAMES = CONCRETE | WORDS


def names(source: str) -> set[str]:
    """What is imported, named and said as a whole text."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {
        node.module.rpartition(".")[2].upper() for node in nodes if isinstance(node, ast.ImportFrom) and node.module
    }
    said = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return imported | modules | said | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("folder", ["compare", "pull", "queue"])
def test_the_engine_knows_no_kind_of_record_by_name(folder):
    files = sorted((SERVICES / folder).glob("*.py"))
    assert len(files) > 4
    assert {file.name: found for file in files if (found := names(file.read_text()) & NAMES)} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from pasi_connect.models import EnrolmentCopy, Link",
        "from pasi_connect import models\nmodels.EnrolmentCopy.objects",
        "from pasi_connect.entities import SCHOOL_ENROLMENT",
        "from pasi_connect.entities.school_enrolment import COMPARED",
        "kind == 'school_enrolment'",
    ],
)
def test_a_name_would_be_noticed(source):
    assert names(source) & NAMES

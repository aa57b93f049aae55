"""What the engine may know of kinds of records: nothing by name. It grows folder by folder (docs/notes/0019-one-engine.md)."""

import ast
from pathlib import Path

import pytest

from pasi_connect.entities import REGISTRY

SERVICES = Path(__file__).resolve().parents[3] / "pasi_connect" / "services"
CONCRETE = {model.__name__ for entity in REGISTRY for model in (entity.copy, entity.sis and entity.sis.model) if model}


def names(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return imported | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("folder", ["pull"])
def test_the_engine_knows_no_local_copy_and_no_sis_record_by_name(folder):
    files = sorted((SERVICES / folder).glob("*.py"))
    assert len(files) > 5
    assert {file.name: found for file in files if (found := names(file.read_text()) & CONCRETE)} == {}


def test_a_name_would_be_noticed():
    assert {"EnrolmentCopy", "SchoolEnrolment"} <= CONCRETE
    assert "EnrolmentCopy" in names("from pasi_connect.models import EnrolmentCopy, Link")
    assert "EnrolmentCopy" in names("from pasi_connect import models\nmodels.EnrolmentCopy.objects")

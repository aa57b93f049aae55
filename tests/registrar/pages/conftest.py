"""The cast and the stays of the pages' tests."""

from tests.pasi_connect.pages.conftest import (
    as_person,
    enrolment,
    here,
    item,
    left,
    plain_static_files,
    registrar,
    stay,
)

__all__ = ["as_person", "enrolment", "here", "item", "left", "plain_static_files", "registrar", "stay"]

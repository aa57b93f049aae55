"""The same cast as for the pages of the synchronization."""

from tests.pasi_connect.pages.conftest import as_person, enrolment, here, item, plain_static_files

__all__ = ["as_person", "enrolment", "here", "item", "plain_static_files"]

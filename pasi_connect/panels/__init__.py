"""What the synchronization offers to the pages around it. Each module registers its own."""

from pasi_connect.panels import (  # noqa: F401 - these modules register what they offer
    enrolments,
    frame,
    glossary,
    help,
    identity,
    jobs,
    measures,
    notices,
    sections,
    setup,
    students,
)

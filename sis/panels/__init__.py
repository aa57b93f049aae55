"""What the SIS offers to the pages around it. Each module registers its own."""

from sis.panels import courses, schools  # noqa: F401 - these modules register what they offer

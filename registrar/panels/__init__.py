"""What the registrar's work offers to the pages around it. Each module registers its own."""

from registrar.panels import guided, year_end  # noqa: F401 - these modules register what they offer

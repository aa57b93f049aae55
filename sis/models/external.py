"""What the system that a record was loaded from calls it."""

from django.db import models


class External(models.Model):
    """A record that another system may know by an ID of its own.

    `source` names that system: empty for the district's own one, and for what is entered here. It is text and no row of a table,
    so that a set is matched and written without a join, and one constraint holds for all: external IDs that are not given differ.
    """

    external_id = models.CharField(max_length=64, null=True, blank=True)
    source = models.CharField(max_length=40, blank=True, default="", editable=False)

    class Meta:
        abstract = True


# The ID comes first: lists ask for it without a source.
ONCE = models.UniqueConstraint(fields=["external_id", "source"], name="%(class)s_external_once")

"""How a person left a list: one row a person and list, nobody else's business."""

from django.db import models

from operations.models.people import User


class RememberedList(models.Model):
    """`columns`: those that the person wants otherwise than the list has them, by name: whether they are shown.

    `filters` and `sort` are parameters of the list's address. Filters that name one record are never kept here.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    columns = models.JSONField(default=dict)
    filters = models.JSONField(default=dict)
    sort = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "page"], name="one_row_a_person_and_list")]

    def __str__(self) -> str:
        return f"{self.page} of {self.person_id}"

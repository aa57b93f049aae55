from django.db import models
from django.utils.translation import gettext_lazy as _


class ContractChange(models.Model):
    """Something that PASI said and its contract, as we know it, does not have: kept where it came, skipped, and told once.

    `place` is a path of element names, with the code where it is one; never a value of a record.
    """

    class Kind(models.TextChoices):
        ELEMENT = "element", _("New element")
        ATTRIBUTE = "attribute", _("New attribute")
        CODE = "code", _("New code")
        SHAPE = "shape", _("Different format")
        VALUE = "value", _("Value that cannot be stored")

    kind = models.CharField(max_length=10, choices=Kind)
    operation = models.CharField(max_length=60)
    place = models.CharField(max_length=200)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "operation", "place"], name="contract_change_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operation}: {self.kind} {self.place}"

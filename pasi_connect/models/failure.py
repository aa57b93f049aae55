from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.faults import MOST_TRIES


class Failure(models.Model):
    """A record at which a step of ours raised: tries are counted, and after the last one it is set aside until a person frees it.

    `entity` and `key` say what it is: the kind as in the registry (or `code_value`) and PASI's key, for a change made here the id of
    its lane. `version` is PASI's, where the record was announced.
    `place` is the class of the exception and where it arose, never data. What goes to PASI has no row here: its submission
    counts its own tries and becomes a dead letter.
    """

    class Step(models.TextChoices):
        COLLECT = "collect", _("Picking up changes made here")
        PULL = "pull", _("Storing what PASI sent")
        COMPARE = "compare", _("Comparing with PASI")

    step = models.CharField(max_length=10, choices=Step)
    entity = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    school_code = models.CharField(max_length=4, blank=True)
    version = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    place = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)  # null: set aside

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["step", "entity", "key"], name="failure_once"),
        ]
        indexes = [models.Index(fields=["next_at"], name="failure_next")]

    def __str__(self) -> str:
        return f"{self.step} {self.entity} {self.key}"

    @property
    def is_set_aside(self) -> bool:
        return self.tries >= MOST_TRIES

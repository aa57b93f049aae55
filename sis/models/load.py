"""What other systems deliver: the loads, their lines until a job is through with them, and what was delivered last."""

from django.db import models

from operations.models import Job


class Load(models.Model):
    """One delivery of records of one resource. `active`: it is being worked on, and no other of the resource may begin.

    `created`, `changed`, `unchanged` and `refused` count lines. A small load has no job.
    """

    resource = models.CharField(max_length=40)
    source = models.CharField(max_length=40, blank=True)
    dry_run = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="load")
    created_at = models.DateTimeField()
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["resource"], condition=models.Q(active=True), name="one_load_a_resource")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.pk}"


class LoadPart(models.Model):
    """Lines of a load as they came, compressed: number and text of each. Gone when the load is over."""

    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["load", "number"], name="load_part_once")]

    def __str__(self) -> str:
        return f"{self.load_id} {self.number}"


class Delivery(models.Model):
    """What a source delivered last of a record, member by member, as JSON has it. `created`: the record was made by a load."""

    entity = models.CharField(max_length=40)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    values = models.JSONField(default=dict)
    created = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["external_id", "entity", "source"], name="delivered_once")]
        indexes = [models.Index(fields=["subject_id", "entity"], name="delivery_subject")]

    def __str__(self) -> str:
        return f"{self.entity} {self.subject_id}"

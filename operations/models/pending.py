from django.db import models


class PendingTask(models.Model):
    """A task that stands for no other row: asked for in the transaction of its cause, gone when it has been carried out."""

    task = models.CharField(max_length=100, primary_key=True)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.task

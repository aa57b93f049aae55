from django.db import models


class Heartbeat(models.Model):
    """One row a kind of process; health asks how old it is. `told_at`: those who run the product know that it is silent."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    host = models.CharField(max_length=100)
    pid = models.IntegerField()
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

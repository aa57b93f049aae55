from django.db import models


class ErrorEntry(models.Model):
    """An error of the product: where it arose, never what it said or whose data it met. Written by `services.errors` alone.

    `reference` is the number that the person's error page shows; empty for an error of the tick. `route` is the pattern of the
    address, or the work that failed. `places` begins with the innermost.
    """

    at = models.DateTimeField()
    reference = models.CharField(max_length=12, blank=True, db_index=True)
    method = models.CharField(max_length=10, blank=True)
    route = models.CharField(max_length=200)
    error = models.CharField(max_length=200)
    places = models.TextField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.error} at {self.route}"

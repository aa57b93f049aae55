"""Reads of `operations`. Each takes the person who asks."""

from django.db.models import QuerySet

from operations.models import Job, User


def jobs(user: User) -> QuerySet[Job]:
    """A person's own jobs; all of them for those who see the whole authority."""
    if user.has_perm("operations.all_schools"):
        return Job.objects.all()
    return Job.objects.filter(user=user)

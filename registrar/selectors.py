"""What a person sees of the registrar's work."""

from django.db.models import QuerySet

from operations.models import User
from registrar.models import YearEndRehearsal
from sis import selectors as sis_selectors


def rehearsals(user: User) -> QuerySet[YearEndRehearsal]:
    """Rehearsals of the person's schools; rehearsals of all schools too for those who see all."""
    return sis_selectors.scoped(YearEndRehearsal.objects.select_related("job", "run"), user)

"""The panel "Why this is not in PASI" alone, for the student's page that waits for news."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from operations import rights
from operations.actor import user_of
from pasi_connect.panels.students import standing_of
from sis import selectors


@rights.needs("view", "student")
@require_safe
def student(request: HttpRequest, pk: int) -> HttpResponse:
    """204 while the panel says what the page already shows (`seen`): focus and open folds stay."""
    user = user_of(request)
    panel = standing_of(user, get_object_or_404(selectors.students(user), pk=pk))
    if not panel or request.GET.get("seen") == panel["mark"]:
        return HttpResponse(status=204)
    return render(request, "pasi_connect/student_synchronization.html", {"panel": panel})

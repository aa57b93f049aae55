from django.urls import path

from registrar.views import exit_codes, year_end
from registrar.views.guided import entry, stays
from registrar.views.guided.enrolment import PAGES, page

app_name = "registrar"
urlpatterns = [
    *(path(f"enrolments/<int:pk>/{name}/", page(name), name=f"action-{name}") for name in PAGES),
    path("students/<int:pk>/enrol/", stays.Enrol.as_view(), name="action-enrol"),
    path("actions/planned/", entry.Planned.as_view(), name="planned"),
    path("year-end/", year_end.Start.as_view(), name="year-end"),
    path("year-end/rehearsals/<int:pk>/", year_end.Rehearsal.as_view(), name="year-end-rehearsal"),
    path("year-end/rehearsals/<int:pk>/progress/", year_end.Progress.as_view(), name="year-end-progress"),
    path("year-end/rehearsals/<int:pk>/list.csv", year_end.RehearsalFile.as_view(), name="year-end-file"),
    path("year-end/runs/<int:pk>/", year_end.Run.as_view(), name="year-end-run"),
    path("exit-codes/", exit_codes.ExitCodes.as_view(), name="exit-codes"),
]

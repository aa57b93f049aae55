"""Addresses of the year end and of exit codes in bulk, included by pasi_connect.urls."""

from django.urls import path

from pasi_connect.views import exit_codes, year_end

urlpatterns = [
    path("year-end/", year_end.Start.as_view(), name="year-end"),
    path("year-end/rehearsals/<int:pk>/", year_end.Rehearsal.as_view(), name="year-end-rehearsal"),
    path("year-end/rehearsals/<int:pk>/progress/", year_end.Progress.as_view(), name="year-end-progress"),
    path("year-end/rehearsals/<int:pk>/list.csv", year_end.RehearsalFile.as_view(), name="year-end-file"),
    path("year-end/runs/<int:pk>/", year_end.Run.as_view(), name="year-end-run"),
    path("exit-codes/", exit_codes.ExitCodes.as_view(), name="exit-codes"),
]

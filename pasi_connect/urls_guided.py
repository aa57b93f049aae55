"""Addresses of the guided actions, included by pasi_connect.urls."""

from django.urls import path

from pasi_connect.views.guided import entry, stays
from pasi_connect.views.guided.enrolment import PAGES, page

urlpatterns = [
    *(path(f"enrolments/<int:pk>/{name}/", page(name), name=f"action-{name}") for name in PAGES),
    path("students/<int:pk>/enrol/", stays.Enrol.as_view(), name="action-enrol"),
    path("actions/planned/", entry.Planned.as_view(), name="planned"),
]

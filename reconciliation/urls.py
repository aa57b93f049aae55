from django.urls import path

from reconciliation.views import result, run, runs, upload

app_name = "reconciliation"
urlpatterns = [
    path("reconciliation/", runs.Runs.as_view(), name="runs"),
    path("reconciliation/keeping/", runs.Keeping.as_view(), name="keeping"),
    path("reconciliation/new/", upload.New.as_view(), name="new"),
    path("reconciliation/<int:pk>/", run.RunPage.as_view(), name="run"),
    path("reconciliation/<int:pk>/choose/", upload.Choose.as_view(), name="choose"),
    path("reconciliation/<int:pk>/progress/", run.Progress.as_view(), name="progress"),
    path("reconciliation/<int:pk>/cancel/", run.Cancel.as_view(), name="cancel"),
    path("reconciliation/<int:pk>/remove/", run.Remove.as_view(), name="remove"),
    path("reconciliation/<int:pk>/find/", result.Find.as_view(), name="find"),
    path("reconciliation/<int:pk>/unusable/", result.Unusable.as_view(), name="unusable"),
    path("reconciliation/<int:pk>/summary/", result.Summary.as_view(), name="summary"),
    path("reconciliation/<int:pk>/files/<str:name>", result.Download.as_view(), name="download"),
]

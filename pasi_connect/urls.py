from django.urls import include, path

from pasi_connect.views import actions, bulk, changes, exchanges, export, link, submissions

app_name = "pasi_connect"
urlpatterns = [
    path("changes/", changes.index, name="changes"),
    path("changes/bulk/", bulk.bulk_page, name="bulk"),
    path("changes/export/<str:form>/", export.changes, name="changes-export"),
    path("changes/<int:pk>/", changes.item, name="change"),
    path("decisions/<int:pk>/undo/", changes.undo, name="decision-undo"),
    path("decisions/<int:pk>/take-former/", changes.take_former, name="decision-take-former"),
    path("actions/", actions.index, name="actions"),
    path("actions/<int:pk>/", actions.item, name="action"),
    path("actions/<int:pk>/undo/", actions.undo, name="action-undo"),
    path("submissions/", submissions.index, name="submissions"),
    path("submissions/<int:pk>/", submissions.item, name="submission"),
    path("submissions/<int:pk>/state/", submissions.state, name="submission-state"),
    path("submissions/<int:pk>/send-again/", submissions.send_again, name="submission-send-again"),
    path("submissions/<int:pk>/cancel/", submissions.cancel, name="submission-cancel"),
    path("submissions/<int:pk>/take-pasi/", submissions.take_pasi, name="submission-take-pasi"),
    path("submissions/<int:pk>/spelling/", submissions.spelling, name="submission-spelling"),
    path("exchanges/", exchanges.index, name="exchanges"),
    path("exchanges/<int:pk>/", exchanges.item, name="exchange"),
    path("link/", link.index, name="link"),
    path("pulse/", link.pulse, name="pulse"),
    path("", include("pasi_connect.urls_guided")),
    path("", include("pasi_connect.urls_setup")),
    path("", include("pasi_connect.urls_year_end")),
]

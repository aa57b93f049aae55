from django.urls import include, path

from pasi_connect.views import changes, exchanges, link, submissions

app_name = "pasi_connect"
urlpatterns = [
    path("changes/", changes.index, name="changes"),
    path("changes/<int:pk>/", changes.item, name="change"),
    path("decisions/<int:pk>/undo/", changes.undo, name="decision-undo"),
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
]

"""Every address of the product."""

from django.urls import include, path

from operations.views import errors, gate, health, invitations, metrics, sign_in_again
from pasi_connect.views import home

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("livez", health.livez, name="livez"),
    path("metrics", metrics.figures, name="metrics"),
    path("sign-in/", gate.SignIn.as_view(), name="login"),
    path("sign-in/again/", sign_in_again.SignInAgain.as_view(), name="sign-in-again"),
    path("welcome/<str:secret>/", invitations.Invited.as_view(), name="invitation"),
    path("sign-out/", gate.SignOut.as_view(), name="logout"),
    path("language/", gate.set_language, name="set_language"),
    path("api/v1/", include("config.api_urls")),
    path("", include("operations.urls")),
    path("", include("sis.urls")),
    path("", include("alerts.urls")),
    path("", include("reconciliation.urls")),
    path("", include("registrar.urls")),
    path("", include("pasi_connect.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

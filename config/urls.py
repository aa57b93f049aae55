"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("config.api_urls")),
    path("", include("operations.urls")),
    path("", include("sis.urls")),
    path("", include("pasi_connect.urls")),
]

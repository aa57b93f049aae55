"""The product's addresses, and those of lockers before them: the API answers for every address that it does not know."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from config import urls
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from tests.lockers import views

router = SimpleRouter()
router.register("lockers", views.LockerViewSet, "api-locker")
own = [
    path("api/v1/", include(router.urls)),
    path("lockers/", views.LockerList.as_view(), name="locker-list"),
    path("lockers/<int:pk>/", views.LockerPage.as_view(), name="locker"),
    path("lockers/<int:pk>/edit/", views.LockerPage.as_view(), name="locker-edit"),
]
urlpatterns = [path("", include((own, "lockers"), namespace="lockers")), *urls.urlpatterns]

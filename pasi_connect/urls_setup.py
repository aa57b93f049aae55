"""Addresses of the enrolment form and of the set-up pages, included by pasi_connect.urls."""

from django.urls import path

from pasi_connect.views import certificate, enrolments, forcing, guard, historical, setup

urlpatterns = [
    path("enrolments/<int:pk>/edit/", enrolments.EditEnrolment.as_view(), name="enrolment"),
    path("enrolments/<int:pk>/state/", enrolments.EnrolmentState.as_view(), name="enrolment-state"),
    path("enrolments/<int:pk>/live/", historical.LivePage.as_view(), name="enrolment-live"),
    path("enrolments/<int:pk>/live/send/", historical.SendOurs.as_view(), name="enrolment-live-send"),
    path("enrolments/<int:pk>/live/take/", historical.TakeTheirs.as_view(), name="enrolment-live-take"),
    path("enrolments/<int:pk>/send/", forcing.SendEnrolment.as_view(), name="enrolment-send"),
    path("schools/<str:code>/send/", forcing.SendSchool.as_view(), name="school-send"),
    path("setup/", setup.Guide.as_view(), name="setup"),
    path("setup/test/", setup.TestConnection.as_view(), name="connection-test"),
    path("setup/synchronization/", setup.Synchronization.as_view(), name="settings-synchronization"),
    path("setup/connection/", setup.Connection.as_view(), name="settings-connection"),
    path("setup/caller/", setup.Caller.as_view(), name="settings-caller"),
    path("setup/certificate/", certificate.CertificatePage.as_view(), name="certificate"),
    path("setup/guard/", guard.GuardList.as_view(), name="guard"),
    path("setup/guard/<str:name>/", guard.GuardPage.as_view(), name="guard-item"),
]

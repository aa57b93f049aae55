"""The client certificate: what it says, how long it lasts, what is wrong with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from operations.views.doors import Permitted
from pasi_connect import certificate
from pasi_connect.models import ConnectionSettings


class CertificatePage(Permitted, View):
    any_permission = ("operations.setup", "operations.certificates")

    def get(self, request: HttpRequest) -> HttpResponse:
        connection = ConnectionSettings.load()
        found, problem = certificate.look(connection)
        context = {
            "certificate": found,
            "problem": problem,
            "connection": connection,
            "soon": bool(found and not problem and certificate.ends_soon(found, connection)),
        }
        return render(request, "pasi_connect/setup/certificate.html", context)

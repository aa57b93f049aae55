"""The client certificate: what it contains, how long it lasts, what is wrong with it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from operations import rights
from pasi_connect.models import ConnectionSettings
from pasi_connect.services.pull import contract_changes
from pasi_connect.soap import certificate


@rights.needs("set_up", "connection")
class CertificatePage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        connection = ConnectionSettings.load()
        details, problem = certificate.look(connection)
        context = {
            "certificate": details,
            "problem": problem,
            "connection": connection,
            "contract_changes": contract_changes.present(),
            "soon": bool(details and not problem and certificate.ends_soon(details, connection)),
        }
        return render(request, "pasi_connect/setup/certificate.html", context)

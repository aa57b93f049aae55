"""What a person reads when a page cannot be shown. The API answers with problem+json instead, under its own prefix."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

API = "/api/"
TITLES = {400: "Bad request", 403: "Forbidden", 404: "Not found", 500: "Server error"}


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith(API):
        body = {"type": "about:blank", "title": TITLES[status], "status": status}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, f"errors/{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)

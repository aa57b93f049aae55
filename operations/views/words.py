"""Help: the words of the product, and for developers the style guide."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from operations import offers, rights


@rights.signed_in
class Words(View):
    """The words of the product, which higher apps give, and below them the tables that higher apps print from their rules."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"groups": offers.glossary, "panels": offers.panels("operations.words", request, None)}
        return render(request, "operations/words.html", context)


@rights.signed_in
class StyleGuide(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "styleguide.html")

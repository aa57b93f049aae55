"""Help: the words of the product, and for developers the style guide."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from operations import offers
from operations.wording import GROUPS


class Words(LoginRequiredMixin, View):
    """The words of `operations.wording`, and below them the tables that higher apps print from their rules."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"groups": GROUPS, "panels": offers.panels("operations.words", request, None)}
        return render(request, "operations/words.html", context)


class StyleGuide(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "styleguide.html")

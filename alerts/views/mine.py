"""The former list of assigned changes: its address stands in mails that were sent, and leads to the inbox."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from alerts.selectors import ME
from operations import rights


@rights.needs("view", "change")
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    query = QueryDict(mutable=True)
    query.update({"who": ME, **request.GET.dict()})
    return redirect(f"{reverse('pasi_connect:changes')}?{query.urlencode()}")

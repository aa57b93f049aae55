"""What each role may do, by the names that users know from the host system."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from operations import rights
from operations.actor import of_request, user_of
from operations.forms.people import RoleForm
from operations.rules import permissions
from operations.services import accounts
from operations.views.people import ForPeople


def _table(roles: Iterable[Group]) -> dict[str, Any]:
    """What each role may do with each family of records, as the permissions stand now."""
    names = {role: [permission.codename for permission in role.permissions.all()] for role in roles}
    heads = [_(role.name) for role in names]
    rows = []
    for family, label in permissions.FAMILIES.items():
        verbs = [permissions.verbs_of(of_role, family) for of_role in names.values()]
        cells = [", ".join(_(permissions.VERBS[verb]) for verb in some) for some in verbs]
        rows.append((_(label), list(zip(heads, cells, strict=True))))
    return {"roles": heads, "rows": rows}


class Roles(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        raw = request.POST.get("role", "")
        role = get_object_or_404(Group, pk=int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0)
        form = RoleForm(request.POST, role=role)
        if not form.is_valid():
            return self._page(form)
        try:
            moved = accounts.set_role(of_request(request), role.pk, form.cleaned_data["permissions"])
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(form)
        text = (
            _("The role %(name)s is saved.")
            if moved
            else _("No change was needed: the role %(name)s is as you entered it.")
        )
        messages.success(request, text % {"name": _(role.name)})
        return redirect("operations:roles")

    def _page(self, wrong: RoleForm | None = None) -> HttpResponse:
        roles = Group.objects.order_by("pk").prefetch_related("permissions", "user_set")
        forms = [wrong if wrong and wrong.role.pk == role.pk else RoleForm(role=role) for role in roles]
        context = {
            "table": _table(roles),
            "forms": forms,
            "wrong": wrong,
            "may_change": rights.covers(user_of(self.request), None),
        }
        return render(self.request, "operations/roles.html", context, status=422 if wrong else 200)

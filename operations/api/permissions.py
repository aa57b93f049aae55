from typing import Any

from django.utils.translation import gettext as _
from rest_framework import permissions
from rest_framework.request import Request


class MayDo(permissions.IsAuthenticated):
    """Reading is for every signed-in person (the queryset knows the schools); a write asks for one of the permissions that
    the view's `needs` names for the action: {"cancel": ("operations.synchronization", …)}. An action without an entry is
    refused to everybody: a new write is closed until somebody decides who may do it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method in permissions.SAFE_METHODS:
            return True
        if view.action is None:
            return True  # no such method here: that answer (405) comes next
        needed = view.needs.get(view.action, ())
        if any(request.user.has_perm(name) for name in needed):
            return True
        names = ", ".join(name.partition(".")[2] for name in needed)
        self.message = _("Your role may not do this. It needs: %(names)s.") % {"names": names}
        return False

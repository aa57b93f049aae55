from typing import Any

from django.utils.translation import gettext as _
from rest_framework import permissions
from rest_framework.request import Request

from operations import rights


class MayDo(permissions.BasePermission):
    """Reading asks for what stands at the view's door (`operations.rights`); a write for what the view's `needs`
    names for the action, verb and family: {"cancel": ("send", "submission")}. A view without a door and an action without an
    entry are refused to everybody: what is new is closed until somebody decides who may do it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        door = rights.door_of(view)
        if door == rights.PUBLIC:
            return True
        if not (request.user and request.user.is_authenticated):
            return False
        if request.method in permissions.SAFE_METHODS:
            if door is not None and door.lets_in(request.user):
                return True
            needed = door.any_of if door else ()
        else:
            action = _action(request, view)
            if action is None:
                return True  # no such method: the answer is 405
            need = getattr(view, "needs", {}).get(action)
            needed = rights.to(*need) if need else ()
            if rights.may(request.user, *needed):
                return True
        names = ", ".join(name.partition(".")[2] for name in needed)
        self.message = _("Your role does not allow this. Required: %(names)s.") % {"names": names}
        return False


def _action(request: Request, view: Any) -> str | None:
    """The view set's name for what is asked, or a plain view's method; None where the view has no such method."""
    if hasattr(view, "action_map"):
        return view.action
    method = str(request.method).lower()
    return method if hasattr(view, method) else None

"""Who may open a page: anonymous people sign in first, others without the permission get 403."""

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin


class Permitted(PermissionRequiredMixin):
    """`permission_required` as in Django; a tuple under `any_permission` means one of them is enough."""

    any_permission: tuple[str, ...] = ()

    def has_permission(self) -> bool:
        user: Any = self.request.user  # type: ignore[attr-defined]
        if not user.is_authenticated:
            return False
        if self.any_permission:
            return any(user.has_perm(name) for name in self.any_permission)
        return super().has_permission()

    def handle_no_permission(self) -> Any:
        self.raise_exception = self.request.user.is_authenticated  # type: ignore[attr-defined]
        return super().handle_no_permission()

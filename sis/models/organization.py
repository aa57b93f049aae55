"""The one client authority, its schools, and who may see which of them."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sis.models.external import ONCE, External

four_digits = RegexValidator(r"^[0-9]{4}$", _("A code has four digits."))


class State(models.TextChoices):
    INACTIVE = "inactive", _("Inactive")
    ACTIVE = "active", _("Active")


class Authority(External):
    """The school authority that runs this installation. One row."""

    code = models.CharField(max_length=4, unique=True, validators=[four_digits])
    name = models.CharField(max_length=160)

    class Meta:
        constraints = [ONCE]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def organization_code(self) -> str:
        return f"A.{self.code}"


class School(External):
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="schools")
    code = models.CharField(_("code"), max_length=4, unique=True, validators=[four_digits])
    name = models.CharField(_("name"), max_length=160)
    # Two explicit states; other products give an empty school type a meaning.
    enrolment_sync = models.CharField(
        _("enrolment synchronization"), max_length=8, choices=State, default=State.INACTIVE
    )
    course_marks_integration = models.CharField(
        _("Course Marks Integration Status"), max_length=8, choices=State, default=State.INACTIVE
    )

    class Meta:
        ordering = ["id"]
        constraints = [ONCE]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def organization_code(self) -> str:
        return f"S.{self.code}"


class SchoolAccess(models.Model):
    """This person works at this school."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="school_access")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="access")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "school"], name="school_access_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.school_id}"

from django.db import models
from django.utils.functional import lazystr
from django.utils.translation import get_language

from pasi_connect.models.copies import LocalCopy
from sis.models import School


class In:
    """A text in both languages, which no catalogue of the product holds."""

    def __init__(self, english: str, french: str) -> None:
        self.english, self.french = english, french

    def __str__(self) -> str:
        return self.french if (get_language() or "").startswith("fr") else self.english


def in_words(english: str, french: str) -> str:
    return lazystr(In(english, french))


class Locker(models.Model):
    """The SIS record."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(
        in_words("locker number", "numéro du casier"), max_length=10,
        help_text=in_words("As painted on the door.", "Comme peint sur la porte."),
    )  # fmt: skip
    lent_until = models.DateField(
        in_words("lent until", "prêté jusqu’au"), null=True, blank=True,
        help_text=in_words("Empty while nobody has it.", "Vide tant que personne ne l’a."),
    )  # fmt: skip
    shelves = models.PositiveSmallIntegerField(
        in_words("shelves", "tablettes"), null=True, blank=True,
        help_text=in_words("Between floor and top.", "Entre le bas et le haut."),
    )  # fmt: skip
    key_holder = models.CharField(
        in_words("key holder", "détenteur de la clé"), max_length=40, blank=True,
        help_text=in_words("Kept here only.", "Conservé ici seulement."),
    )  # fmt: skip
    deleted = models.BooleanField(
        in_words("removed", "enlevé"), default=False,
        help_text=in_words("A removed locker stays on file.", "Un casier enlevé reste au dossier."),
    )  # fmt: skip
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Locker {self.number}"


class LockerCopy(LocalCopy):
    """Columns carry the names of the SIS record's fields."""

    notification_type = "Locker"
    key_field = "key"
    key = models.CharField(max_length=60, unique=True)
    school_code = models.CharField(max_length=4, blank=True)
    number = models.CharField(max_length=10, blank=True)
    lent_until = models.DateField(null=True)
    shelves = models.IntegerField(null=True)
    deleted = models.BooleanField(default=False)
    updated_by = models.CharField(max_length=160, blank=True)
    updated_by_organization = models.CharField(max_length=6, blank=True)
    effective_at = models.DateTimeField(null=True)
    odd = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key

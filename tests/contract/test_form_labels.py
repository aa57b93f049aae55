"""Every label and every help text of a form has a translation: none is made from the name of a column or comes from Django."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms
from django.apps import apps
from django.utils import translation

PRODUCT = ("operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation")
# Alike in both languages.
ALIKE = {"ASN", "Code", "Date", "Note", "Notes", "Type", "Version"}


def all_forms() -> Iterator[type[forms.BaseForm]]:
    for app in PRODUCT:
        package = import_module(f"{app}.forms")
        modules = [package] + [
            import_module(f"{package.__name__}.{one.name}")
            for one in pkgutil.iter_modules(getattr(package, "__path__", []))
        ]
        for module in modules:
            for value in vars(module).values():
                if (
                    isinstance(value, type)
                    and issubclass(value, forms.BaseForm)
                    and value.__module__ == module.__name__
                ):
                    yield value


FORMS = sorted({*all_forms()}, key=lambda form: (form.__module__, form.__qualname__))


def test_the_forms_of_every_app_are_here():
    assert {form.__module__.split(".")[0] for form in FORMS} == {app for app in PRODUCT if apps.is_installed(app)}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__qualname__)
def test_every_label_and_help_text_is_translated(form):
    same = []
    for name, field in form.base_fields.items():
        if isinstance(field.widget, forms.HiddenInput) or field.label is None:
            continue
        with translation.override("en"):
            english = [str(field.label), str(field.help_text)]
        with translation.override("fr"):
            french = [str(field.label), str(field.help_text)]
        same += [
            f"{name}: {one}"
            for one, other in zip(english, french, strict=True)
            if one and one == other and one not in ALIKE
        ]
    assert not same

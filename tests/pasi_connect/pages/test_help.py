"""The page "Guide and words" prints the table that the forms ask, and says what it leaves out."""

import pytest

from pasi_connect.rules import pasi
from pasi_connect.rules.pasi import unchecked

pytestmark = pytest.mark.django_db


def test_every_rule_stands_on_the_help_page(here, as_person):
    page = as_person(here.registrar).get("/words/")
    panel = next(each for each in page.context["panels"] if each.template == "pasi_connect/rules.html")
    told = [row["number"] for row in panel.context["rules"]]
    assert sorted(told) == sorted(row.number for row in pasi.TABLE)
    assert [row["number"] for row in panel.context["unchecked"]] == [row.number for row in unchecked.NOT_CHECKED]
    text = page.content.decode()
    assert "Only one of the online programs 620 to 623 is allowed." in text
    assert "to 2023-2024" in text
    assert "from 2024-2025" in text
    assert "PASI does not send us the programs that a school offers" in text
    assert "10004, 10021" in text


def test_the_help_page_is_in_the_persons_language(here, as_person):
    here.registrar.language = "fr"
    here.registrar.save()
    assert as_person(here.registrar).get("/words/").status_code == 200

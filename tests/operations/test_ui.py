"""The tags of the design system: what a page, a screen reader and a form see of a value."""

import datetime as dt
import re
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from lxml import html

from operations.forms.days import DayField
from operations.templatetags import ui

SPRITE = Path(settings.BASE_DIR) / "static/icons.svg"
EDMONTON = dt.timezone(dt.timedelta(hours=-7))
NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=EDMONTON)


@pytest.fixture(autouse=True)
def plain_files(settings):
    """Addresses of static files without a collected manifest."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_every_icon_that_a_template_names_is_in_the_sprite():
    drawn = set(re.findall(r'id="i-([a-z-]+)"', SPRITE.read_text()))
    named = {
        name
        for template in (Path(settings.BASE_DIR) / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([a-z-]+)"', template.read_text())
    }
    assert len(named) > 10
    assert named <= drawn


def test_no_template_carries_an_inline_style_or_script():
    refused = re.compile(r"""\sstyle=|\son[a-z]+=["']|<style|<script(?![^>]*\bsrc=)""")
    found = [
        page.name
        for page in (Path(settings.BASE_DIR) / "templates").rglob("*.html")
        if refused.search(re.sub(r"{%.*?%}", "", page.read_text()))  # tags may have an option named style
    ]
    assert found == []


def test_only_the_tokens_name_colours():
    files = (Path(settings.BASE_DIR) / "static/css").glob("*.css")
    colour = re.compile(r":[^;{]*(#[0-9a-f]{3,8}\b|rgba?\()")
    assert [p.name for p in files if p.name != "tokens.css" and colour.search(p.read_text())] == []


def test_badge_takes_its_word_from_the_page_and_lets_it_say_more():
    words = {"held": {"label": "Held", "icon": "pause", "level": "attn"}}
    plain = html.fromstring(render("{% badge 'held' words %}", words=words))
    assert (plain.text_content(), plain.get("class")) == ("Held", "badge badge-attn")
    assert "Held: conflict" in render("{% badge 'held' words label='Held: conflict' %}", words=words)
    unknown = html.fromstring(render("{% badge 'in_flight' words %}", words=words))
    assert (unknown.text_content(), unknown.get("class")) == ("in flight", "badge")


@pytest.mark.parametrize(("value", "text"), [("000044172", "0000-4417-2"), ("S-12", "S-12"), (None, "")])
def test_asn_is_grouped_only_where_it_is_one(value, text):
    assert html.fromstring(ui.asn_tag(value)).text_content() == text


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (NOW.replace(hour=14, minute=58), "word", "today 14:58"),
        (NOW.replace(hour=14, minute=58), "clock", "14:58"),
        (NOW.replace(hour=14, minute=58), "plain", "2026-11-20 14:58"),
        (dt.datetime(2026, 11, 20, 6, 30, tzinfo=dt.UTC), "word", "yesterday 23:30"),
        (dt.datetime(2026, 11, 18, 9, 12, tzinfo=EDMONTON), "word", "2026-11-18 09:12"),
        (dt.date(2026, 11, 20), "word", "today"),
        (dt.date(2026, 11, 21), "word", "tomorrow"),
        (dt.date(2026, 11, 13), "word", "2026-11-13"),
    ],
)
def test_when_says_the_near_days_and_keeps_the_full_date(value, style, text):
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        element = html.fromstring(ui.when(value, style))
    assert element.text_content() == text
    assert "November 2026" in element.get("title")
    assert dt.datetime.fromisoformat(element.get("datetime")).replace(tzinfo=None).year == 2026


def test_when_is_silent_or_says_the_given_word_without_a_moment():
    assert ui.when(None) == ""
    assert ui.when(None, empty="never") == "never"


class StayForm(forms.Form):
    exit_date = forms.DateField(help_text="Year-month-day.", required=False)
    kind = forms.ChoiceField(choices=[("a", "Regular"), ("b", "Summer")], widget=forms.RadioSelect)
    sync = forms.BooleanField(required=False)


def test_a_wrong_field_is_tied_to_its_error_and_help():
    page = html.fromstring(f"<div>{render('{% field form.exit_date %}', form=StayForm({'exit_date': 'soon'}))}</div>")
    control = page.get_element_by_id("id_exit_date")
    assert control.get("aria-invalid") == "true"
    told = [page.get_element_by_id(name).text_content() for name in control.get("aria-describedby").split()]
    assert [text.strip() for text in told] == ["Enter a valid date.", "Year-month-day."]
    assert page.xpath("//label[@for='id_exit_date']/span")[0].text_content() == "optional"


def test_a_right_field_says_nothing_of_errors():
    page = html.fromstring(f"<div>{render('{% field form.exit_date optional=False %}', form=StayForm())}</div>")
    control = page.get_element_by_id("id_exit_date")
    assert control.get("aria-invalid") is None
    assert control.get("aria-describedby") == "id_exit_date-help"
    assert "optional" not in page.text_content()


def test_radio_buttons_are_one_group_that_the_error_summary_can_reach():
    source = "<div>{% include 'components/error_summary.html' %}{% field form.kind %}</div>"
    page = html.fromstring(render(source, form=StayForm({})))
    group = page.get_element_by_id("id_kind")
    assert (group.tag, group.find("legend").text_content()) == ("fieldset", "Kind")
    assert [radio.get("value") for radio in group.xpath(".//input[@type='radio']")] == ["a", "b"]
    assert page.xpath("//a[@href='#id_kind']")
    assert "One field needs attention" in page.text_content()


def test_a_checkbox_can_be_a_switch():
    page = html.fromstring(render("{% field form.sync switch=True data_key='s' %}", form=StayForm()))
    assert page.xpath("//input[@role='switch' and @data-key='s']")


def test_query_changes_one_parameter_and_keeps_the_others():
    request = RequestFactory().get("/?school=7101&after=12&status=open")
    assert ui.query(Context({"request": request}), after=None, status="held") == "?school=7101&status=held"
    assert ui.query(Context({"request": request}), status=["held", "dead"]).count("status=") == 2


@pytest.mark.parametrize(
    ("tags", "url"),
    [("undo=/changes/4/undo/", "/changes/4/undo/"), ("notice", ""), ("undo=https://elsewhere.example/", ""), ("", "")],
)
def test_undo_posts_only_within_this_site(tags, url):
    assert ui.undo_url(Message(constants.SUCCESS, "Accepted", extra_tags=tags)) == url


@pytest.mark.parametrize(
    ("level", "tags", "floats"),
    [(constants.SUCCESS, "", True), (constants.SUCCESS, "notice", False), (constants.ERROR, "", False)],
)
def test_only_results_of_ones_own_action_float(level, tags, floats):
    assert ui.is_toast(Message(level, "Text", extra_tags=tags)) is floats


def test_a_small_part_of_a_bar_is_still_seen():
    parts = [{"count": 9990, "name": "same"}, {"count": 1, "name": "other"}, {"count": 0, "name": "none"}]
    drawn = ui.statusbar(parts, "In words")["parts"]
    assert [part["seg"] for part in drawn] == [1, 2, 3]
    assert drawn[1]["width"] > 10
    assert drawn[2]["width"] == 0
    assert drawn[1]["x"] + drawn[1]["width"] <= 1000


def test_bars_stay_in_their_picture_and_mark_those_over_the_limit():
    bars = ui.spark([5, 34, -1], "In words", limit=25)["bars"]
    assert [bar["high"] for bar in bars] == [False, True, False]
    assert all(0 <= bar["y"] <= bar["y"] + bar["height"] <= 72 for bar in bars)


def test_an_empty_chart_is_no_error():
    assert ui.spark([], "Nothing yet")["bars"] == []
    assert ui.statusbar([{"count": 0, "name": "none"}], "Nothing")["parts"][0]["width"] == 0


@pytest.mark.parametrize(("language", "text"), [("en", "4,121"), ("fr", "4\u202f121")])
def test_numbers_are_grouped_as_the_language_does(language, text):
    with translation.override(language):
        assert ui.number(4121).replace("\xa0", "\u202f") == text
    assert ui.number("3 of 4") == "3 of 4"


def test_the_page_of_our_own_failure_needs_nothing():
    page = html.fromstring(Template("{% include 'errors/500.html' %}").render(Context()))
    assert page.xpath("//h1")[0].text_content() == "Something went wrong on our side"
    assert all(link.get("href").startswith("/static/") for link in page.xpath("//link[@rel='stylesheet']"))


def test_a_day_is_picked_natively_and_an_error_names_the_form():
    class Form(forms.Form):
        day = DayField(label="Day")

    drawn = str(Form()["day"])
    assert 'type="date"' in drawn
    assert "placeholder" not in drawn
    assert 'type="text"' in str(Form({"day": "28 August"})["day"])  # a date field would hide what was typed
    assert Form({"day": "27 Nov. 2026"}).is_valid()
    for text, words in (
        ("soon", "is not a date"),
        ("5/6/2026", "can mean two different days"),
        ("9999-01-01", "not a day in the calendar"),
    ):
        form = Form({"day": text})
        assert not form.is_valid()
        assert words in form.errors["day"][0]
        assert text in form.errors["day"][0]


def test_days_and_asns_in_a_text_stay_on_one_line_and_the_text_is_escaped():
    shown = ui.unbroken("<Ada> (0002-0013-1) from 2026-09-01 to 2027-06-26, 1234-5678-90")
    assert shown == (
        '&lt;Ada&gt; (<span class="nowrap">0002-0013-1</span>) from <span class="nowrap">2026-09-01</span> to '
        '<span class="nowrap">2027-06-26</span>, 1234-5678-90'
    )


def test_the_list_of_keys_names_every_key_of_a_page():
    """On a window below 1440 px the dock bar shows no hints: the list is where they are named."""
    folder = Path(settings.BASE_DIR) / "templates"
    used = {key for page in folder.rglob("*.html") for key in re.findall(r'data-key="([^"{]+)"', page.read_text())}
    rows = re.findall(r"<dt>(.*?)</dt>", (folder / "components" / "keys.html").read_text())
    named = {" ".join(re.findall(r">([^<>]+)</kbd>", row)) for row in rows}
    assert {"a", "r", "u", "?", "/", "j", "k"} <= used
    assert not used - {*named, "j", "k"}
    assert {"j k", "g h", "g i", "x", "Enter", "Ctrl Enter"} <= named

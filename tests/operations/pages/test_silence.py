"""Parts that have fallen silent: on every page, and told once to those who run the product."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group

from config.celery import app
from operations import clock, health, heartbeats, silence
from operations.models import Heartbeat, Notice
from operations.rules import silence as rules
from tests.factories import UserFactory
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def person(role):
    user = UserFactory()
    user.groups.add(Group.objects.get(name=role))
    return user


def silent_for(name, seconds):
    heartbeats.beat(name)
    Heartbeat.objects.filter(name=name).update(at=clock.now() - dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("age", "silent"), [(None, False), (0, False), (59.9, False), (60, True), (7200, True), (-59, False), (-7200, True)]
)
def test_silent_after_a_minute_by_whichever_clock(age, silent):
    assert rules.is_silent(age) is silent


@pytest.mark.parametrize(("age", "fresh"), [(None, False), (0, True), (29, True), (30, False), (-7200, False)])
def test_a_sign_of_life_from_the_future_is_not_fresh(age, fresh):
    assert heartbeats.is_fresh(age) is fresh


@pytest.mark.parametrize(
    ("name", "words"),
    [("tick", "Scheduled work has been stopped since"), ("listener", "has not checked PASI for changes since")],
)
def test_tick_and_listener_stand_on_every_page(client, name, words):
    silent_for(name, 61)
    for role, more in [("Registrar", "Administrators have been notified."), ("Administrator", f"“{name}”.")]:
        client.force_login(person(role))
        for page in ("/", "/notices/", "/help/words/", "/profile/"):
            answer = client.get(page, follow=True).content.decode()
            assert words in answer, (role, page)
            assert more in answer, (role, page)
    heartbeats.beat(name)
    assert words not in client.get("/").content.decode()


def test_what_costs_only_speed_is_for_those_who_run_the_product(client):
    silent_for("broker", 61)
    client.force_login(person("Registrar"))
    assert "The broker has not accepted messages" not in client.get("/").content.decode()
    client.force_login(person("Administrator"))
    assert "The broker has not accepted messages" in client.get("/").content.decode()


def test_nothing_is_said_of_parts_that_live_or_never_ran(client):
    heartbeats.beat("tick")
    client.force_login(person("Administrator"))
    assert "State of the processes" not in client.get("/").content.decode()


def test_whoever_looks_first_leaves_one_notice_and_it_says_when_it_was_over(client):
    silent_for("listener", 61)
    silence.look()
    silence.look()
    notice = Notice.objects.get()
    administrator, registrar = person("Administrator"), person("Registrar")
    client.force_login(registrar)
    assert "Restart the process" not in client.get("/notices/").content.decode()
    assert client.post(f"/notices/{notice.pk}/seen/").status_code == 404
    client.force_login(administrator)
    page = squeezed(client.get("/notices/").content.decode())
    assert "has not checked PASI for changes since" in page
    assert '<span>Notices</span><span class="n">1</span>' in page
    heartbeats.beat("listener")
    assert "Resolved since" in client.get("/notices/").content.decode()
    client.post(f"/notices/{notice.pk}/seen/")
    assert "Resolved since" not in client.get("/notices/").content.decode()
    silent_for("listener", 61)
    silence.look()
    assert Notice.objects.filter(seen_at=None).count() == 1


def test_health_names_a_broker_that_takes_nothing(tmp_path):
    (tmp_path / "broker").write_text("not a folder")
    folder = str(tmp_path / "broker" / "messages")
    before = {name: app.conf[name] for name in ("broker_url", "broker_transport_options")}
    options = {"data_folder_in": folder, "data_folder_out": folder}
    app.conf.update(broker_url="filesystem://", broker_transport_options=options)
    try:
        away = health.broker()
        (tmp_path / "broker").unlink()
        there = health.broker()
    finally:
        app.conf.update(before)
    assert away["ok"] is False
    assert away["error"] == "NotADirectoryError"
    assert "the tick does the work" in away["detail"]
    assert there == {"ok": True}


def test_the_time_before_the_products_start_is_no_silence():
    silent_for("worker", 7200)
    silent_for(heartbeats.PRODUCT, 30)
    assert not silence.silent()
    silent_for(heartbeats.PRODUCT, 61)
    assert set(silence.silent()) == {"worker", "tick", "listener"}  # those two have not come up at all
    silence.look()
    silence.look()
    assert Notice.objects.count() == 3
    heartbeats.beat("tick")
    assert set(silence.silent()) == {"worker", "listener"}

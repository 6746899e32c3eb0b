"""Channels that others post to: made on a screen, believed by their signature alone, and silent to everybody else."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.channels.hooks import hooked_connectors, open_hook
from parvis.channels.models import Channel, ChannelState, Envelope, Item
from parvis.channels.opening import pause_channel, remove_channel
from parvis.connectors.webhook.signing import signature_of
from parvis.web import clock
from parvis.web.screens.hooks import receiving

BASE = "https://desk.example.org"


@pytest.fixture(autouse=True)
def _house(monkeypatch, now):
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def sender():
    """Nobody: no session, and every form held to its token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def hook(cast, now):
    (connector,) = hooked_connectors()
    return open_hook(cast.maud, connector, department=cast.news, name="Alarms", form="", base=BASE, now=now)


def post(sender, hook, told, *, now, secret=None, place=None, **headers):
    channel, own_secret = hook
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    stamp = str(int(now.timestamp()))
    signed = {
        "Parvis-Timestamp": stamp,
        "Parvis-Signature": "sha256=" + signature_of(body, timestamp=stamp, secret=secret or own_secret),
        **headers,
    }
    place = place or channel.address.removeprefix(BASE)
    return sender.post(place, data=body, content_type="application/json", headers=signed)


def test_signed_delivery_is_stored_before_it_is_answered(sender, hook, now):
    answer = post(sender, hook, {"id": "1", "title": "Fire", "text": "In studio 4"}, now=now)
    assert (answer.status_code, answer.json()["new"], answer.json()["known"]) == (202, 1, False)
    assert Item.objects.get().title == "Fire"
    assert Envelope.objects.count() == 1
    assert not answer.cookies


def test_delivery_that_comes_twice_is_read_once(sender, hook, now):
    first = post(sender, hook, {"title": "One"}, now=now, **{"Parvis-Delivery": "d-1"})
    again = post(sender, hook, {"title": "Another under the same id"}, now=now, **{"Parvis-Delivery": "d-1"})
    assert (first.json()["known"], again.json()["known"], again.status_code) == (False, True, 202)
    assert [item.title for item in Item.objects.all()] == ["One"]
    assert Envelope.objects.count() == 1


def test_recorded_delivery_under_another_id_changes_nothing(sender, hook, now):
    for number in range(3):
        post(sender, hook, {"title": "One"}, now=now, **{"Parvis-Delivery": f"d-{number}"})
    assert Item.objects.count() == 1


def test_nobody_learns_which_channels_there_are(sender, hook, cast, now):
    channel = hook[0]
    remove_channel(
        open_hook(cast.maud, *hooked_connectors(), department=cast.news, name="Gone", form="", base=BASE, now=now)[0],
        cast.maud,
        now=now,
    )
    gone = Channel.objects.get(name="Gone")
    places = [
        None, f"/hooks/{channel.pk}", f"/hooks/{channel.pk}-{'A' * 22}", "/hooks/999999999-" + "A" * 22, "/hooks/x",
        gone.address.removeprefix(BASE), f"/hooks/{'9' * 30}-{'A' * 22}",
    ]  # fmt: skip
    answers = [post(sender, hook, {"title": "x"}, now=now, secret="wrong" * 8, place=place) for place in places]
    assert {(answer.status_code, answer.content, *sorted(answer.headers.items())) for answer in answers} == {
        (401, answers[0].content, *sorted(answers[0].headers.items()))
    }
    assert "PARVIS" not in answers[0].content.decode() and channel.name not in answers[0].content.decode()
    assert Envelope.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_other_methods_are_answered_alike_everywhere(sender, hook, method):
    places = (hook[0].address.removeprefix(BASE), "/hooks/1-none")
    assert {getattr(sender, method)(place).status_code for place in places} == {405}


def test_large_bodies_are_refused_before_anything_else(sender, hook, now):
    assert post(sender, hook, b'{"title": "' + b"x" * 1_000_001 + b'"}', now=now).status_code == 413
    assert post(sender, hook, b"x" * 5_000_000, now=now).status_code == 413


def test_what_is_signed_but_cannot_be_read_is_told_in_words_and_not_stored(sender, hook, now):
    answer = post(sender, hook, {"nothing": 1}, now=now)
    assert (answer.status_code, Envelope.objects.count()) == (422, 0)
    assert "title" in answer.json()["error"]
    french = post(sender, hook, b"no json", now=now, **{"Accept-Language": "fr"})
    assert "JSON en UTF-8" in french.json()["error"]


def test_paused_channel_asks_to_deliver_again(sender, hook, cast, now):
    pause_channel(hook[0], cast.maud, now=now)
    answer = post(sender, hook, {"title": "x"}, now=now)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert Channel.objects.get(pk=hook[0].pk).state == ChannelState.PAUSED


def test_too_many_are_slowed_down_and_the_genuine_ones_are_not_held_up_by_the_others(sender, hook, now, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_REFUSED_A_MINUTE", 3)
    monkeypatch.setattr(receiving, "MOST_A_MINUTE", 2)
    refused = [post(sender, hook, {"title": "x"}, now=now, secret="wrong").status_code for _ in range(5)]
    assert refused == [401, 401, 401, 429, 429]
    sent = [post(sender, hook, {"title": f"{number}"}, now=now).status_code for number in range(4)]
    assert sent == [202, 202, 429, 429]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_bodies_that_call_themselves_something_else_break_nothing(sender, hook, now, kind):
    stamp = str(int(now.timestamp()))
    body = b'{"title": "x"}'
    signed = {
        "Parvis-Timestamp": stamp,
        "Parvis-Signature": "sha256=" + signature_of(body, timestamp=stamp, secret=hook[1]),
    }
    answer = sender.post(hook[0].address.removeprefix(BASE), data=body, content_type=kind, headers=signed)
    assert answer.status_code in {202, 400, 401}
    assert "error" in answer.json() or answer.status_code == 202


def test_screen_makes_a_channel_and_shows_its_secret_once(client, cast):
    client.force_login(cast.maud)
    assert "/channels/new/hook/" in client.get("/channels/new/").content.decode()
    assert client.get("/channels/new/hook/").status_code == 200
    given = {"name": "Alarms", "department_id": cast.news.pk, "form": "title = headline"}
    page = client.post("/channels/new/hook/", given, follow=True).content.decode()
    channel = Channel.objects.get()
    assert (channel.name, channel.next_sync_at) == ("Alarms", None)
    secret = re.search(r"data-secret>([^<]+)<", page)[1]
    assert len(secret) > 40
    assert channel.address in unescape(page) and "openssl" in page and "title = headline" in page
    again = client.get(f"/channels/{channel.pk}/hook/").content.decode()
    assert secret not in again and "data-secret" not in again
    assert secret.encode() not in bytes(channel.sealed_credentials)
    assert f"/channels/{channel.pk}/hook/" in client.get(f"/channels/{channel.pk}/").content.decode()


def test_new_secret_ends_the_old_one(client, sender, hook, cast, now):
    client.force_login(cast.maud)
    page = client.post(f"/channels/{hook[0].pk}/hook/", {"verb": "secret"}, follow=True).content.decode()
    secret = re.search(r"data-secret>([^<]+)<", page)[1]
    assert post(sender, hook, {"title": "x"}, now=now).status_code == 401
    assert post(sender, hook, {"title": "x"}, now=now, secret=secret).status_code == 202


def test_form_is_changed_and_a_wrong_one_is_kept_to_be_mended(client, sender, hook, cast, now):
    client.force_login(cast.maud)
    place = f"/channels/{hook[0].pk}/hook/"
    wrong = client.post(place, {"form": "headline = title"})
    assert wrong.status_code == 422 and "headline = title" in wrong.content.decode()
    client.post(place, {"form": "title = a.b[0]"})
    post(sender, hook, {"a": {"b": ["Found"]}}, now=now)
    assert Item.objects.get().title == "Found"


def test_screen_is_for_those_who_manage_channels_there(client, cast, hook):
    client.force_login(cast.sam)
    assert client.get(f"/channels/{hook[0].pk}/hook/").status_code == 404
    assert client.get("/channels/new/hook/").status_code == 403
    client.force_login(cast.camille)
    assert client.get(f"/channels/{hook[0].pk}/hook/").status_code == 403


@pytest.mark.parametrize("language", ["en", "fr"])
def test_lines_that_the_page_shows_deliver_in_truth(live_server, cast, settings, monkeypatch, language):
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl and openssl are not installed here")
    monkeypatch.undo()
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    (connector,) = hooked_connectors()
    channel, secret = open_hook(
        cast.maud, connector, department=cast.news, name="Alarms", form="", base=live_server.url, now=clock.now()
    )
    lines = f"SECRET='{secret}'\n" + connector.hook.example(channel.address)
    run = subprocess.run(["sh", "-c", lines], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(run.stdout)["new"] == 1
    assert Item.objects.get().title == "A test"
    assert connector.guide.in_language(language)

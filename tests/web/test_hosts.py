"""Which names the desk answers to: those of the house or, where it listens to all, of the machine itself."""

import json
import os
import socket
import subprocess
import sys

import pytest
from django.test import Client

from parvis.conf.hosts import allowed_hosts, opened_at, own_hosts, web_address

EVERYWHERE = ["http://0.0.0.0:8000", "http://[::]:8000"]


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.setattr("parvis.conf.hosts._usual_addresses", lambda: ["192.168.1.5", "fd00::2"])
    monkeypatch.setattr("parvis.conf.hosts._ipv4_addresses", lambda: ["127.0.0.1", "192.168.1.5", "10.1.0.1"])
    monkeypatch.setattr("parvis.conf.hosts._ipv6_addresses", lambda: ["fe80::1", "::1", "fd00::2"])
    monkeypatch.setattr("socket.gethostname", lambda: "Desk.example.org")


@pytest.mark.parametrize("address", EVERYWHERE)
def test_listening_to_all_means_each_address_and_name_of_the_machine(machine, address):
    assert allowed_hosts(address) == [
        "192.168.1.5", "[fd00::2]", "10.1.0.1", "desk.example.org", "desk", "desk.local",
        "127.0.0.1", "localhost", "[::1]",
    ]  # fmt: skip
    assert opened_at(address) == "http://192.168.1.5:8000"


def test_address_that_was_given_is_the_only_one(machine):
    assert allowed_hosts("https://desk.example.org/") == ["desk.example.org", "127.0.0.1", "localhost", "[::1]"]
    assert allowed_hosts("http://[fd00::7]:8000")[0] == "[fd00::7]"
    assert opened_at("https://desk.example.org/") == "https://desk.example.org/"


def test_machine_without_a_network_is_opened_on_itself(monkeypatch):
    for name in ("_usual_addresses", "_ipv4_addresses", "_ipv6_addresses", "_own_names"):
        monkeypatch.setattr(f"parvis.conf.hosts.{name}", list)
    assert opened_at("http://0.0.0.0:8000") == "http://127.0.0.1:8000"


def test_this_very_machine_knows_its_name():
    assert socket.gethostname().lower() in own_hosts()


def test_web_alone_takes_the_address_that_it_listens_on():
    assert web_address("::", 8000) == "http://[::]:8000"
    assert web_address("192.168.1.5", 80) == "http://192.168.1.5:80"


def test_settings_follow_the_option(tmp_path):
    environment = {**os.environ, "PARVIS_DATA": str(tmp_path), "PARVIS_ADDRESS": "http://0.0.0.0:8123"}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "DJANGO_SETTINGS_MODULE": "parvis.conf.settings"}
    code = (
        "import json, django; django.setup(); from django.conf import settings as s;"
        "print(json.dumps([s.ALLOWED_HOSTS, s.SITE_ADDRESS, s.CSRF_TRUSTED_ORIGINS]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    hosts, address, origins = json.loads(done.stdout)
    assert hosts == allowed_hosts("http://0.0.0.0:8123")
    assert address == opened_at("http://0.0.0.0:8123") == origins[0]
    assert "*" not in hosts and "0.0.0.0" not in address


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "192.168.1.5.evil.example", "10.9.9.9"])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/inbox/"])
def test_strange_name_gets_one_sentence_that_names_the_option(db, settings, host, path):
    settings.ALLOWED_HOSTS = ["192.168.1.5", "127.0.0.1"]
    answer = Client(HTTP_HOST=host).get(path, headers={"Accept-Language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f"PARVIS_ADDRESS=http://{host} " in page
    assert "192.168.1.5" not in page.replace(host, "")
    assert answer.headers["Content-Language"] == "en"
    french = Client(HTTP_HOST=host).get(path, headers={"Accept-Language": "fr"}).content.decode()
    assert "Ce desk n’est pas ouvert sous ce nom" in french


def test_name_that_is_markup_stays_text(db):
    page = Client(HTTP_HOST='"><script>alert(1)</script>').get("/").content.decode()
    assert "<script>alert" not in page


def test_fragment_under_a_strange_name_gets_the_sentence_too(db):
    answer = Client(HTTP_HOST="evil.example").get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert "PARVIS_ADDRESS=http://evil.example " in answer.content.decode()

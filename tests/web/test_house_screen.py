"""The house's settings: who changes them, and what is told of the installation."""

from datetime import timedelta

import pytest

import parvis
from parvis.jobs.models import WorkerBeat
from parvis.web import clock


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def stella(client, cast):
    client.force_login(cast.stella)
    return client


def test_who_may_not_change_the_house_does_not_see_its_settings(client, cast):
    client.force_login(cast.maud)
    assert client.get("/settings/").status_code == 403
    given = {"name": "Other", "zone": "Europe/Paris", "language": "fr"}
    assert client.post("/settings/", given).status_code == 403
    cast.house.refresh_from_db()
    assert cast.house.name == "Radio Parvis"


def test_name_zone_and_language_are_changed(stella, cast):
    given = {"name": "Radio Neuve", "zone": "Europe/Paris", "language": "fr"}
    assert stella.post("/settings/", given).status_code == 302
    cast.house.refresh_from_db()
    assert (cast.house.name, cast.house.zone, cast.house.language) == ("Radio Neuve", "Europe/Paris", "fr")


def test_what_cannot_be_used_is_said_and_kept(stella, cast):
    answer = stella.post("/settings/", {"name": "", "zone": "Europe/Paris", "language": "fr"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "field-error" in page
    assert '<option value="Europe/Paris" selected>' in page


def test_missing_worker_is_told_and_a_living_one_too(stella, now):
    assert "nothing is read and nothing is sent" in stella.get("/settings/").content.decode()
    WorkerBeat.objects.create(name="w1", started_at=now - timedelta(hours=3), seen_at=now - timedelta(seconds=5))
    page = stella.get("/settings/").content.decode()
    assert "1 alive, since" in page and "nothing is sent" not in page


def test_installation_says_its_version_database_and_free_storage(stella, django_assert_max_num_queries):
    stella.get("/settings/")
    with django_assert_max_num_queries(15):
        page = stella.get("/settings/").content.decode()
    assert parvis.__version__ in page and ("SQLite" in page or "PostgreSQL" in page) and "Free storage" in page

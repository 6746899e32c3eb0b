"""The audit trail on the screen."""

from datetime import timedelta

import pytest

from parvis.jobs.work import run_jobs
from parvis.orgs import audit
from parvis.orgs.audit_guard import lowered_guard
from parvis.orgs.models import AuditEntry
from parvis.testing.clock import MONDAY, later


@pytest.fixture
def trail(cast):
    for number in range(1, 121):
        audit.record(
            cast.camille if number % 2 else cast.sam,
            "item.refuse" if number % 3 else "item.approve",
            subject="item",
            subject_key=number,
            now=MONDAY + timedelta(hours=number),
            department_id=(cast.news if number % 2 else cast.sport).pk,
            facts={"reason": f"reason {number}"},
        )


def shown(page: str) -> list[int]:
    return [number for number in range(120, 0, -1) if f"reason {number}<" in page]


def joined(pages: list[list[int]]) -> list[int]:
    return [number for page in pages for number in page]


def pages(client, query=""):
    path, found = f"/audit/?{query}", []
    while path:
        page = client.get(path).content.decode()
        found.append(shown(page))
        path = None
        if "Older entries" in page:
            query = page.split('href="?')[1].split('"')[0].replace("&amp;", "&")
            path = f"/audit/?{query}"
    return found


def test_pages_hold_every_entry_once_newest_first(client, cast, trail):
    client.force_login(cast.stella)
    found = pages(client)
    assert [len(page) for page in found] == [50, 50, 20]
    assert joined(found) == list(range(120, 0, -1))


def test_filters_hold_across_pages(client, cast, trail):
    client.force_login(cast.olive)
    assert joined(pages(client, f"person={cast.sam.pk}")) == list(range(120, 0, -2))
    assert joined(pages(client, "action=item.approve")) == list(range(120, 0, -3))
    assert shown(client.get("/audit/?subject=item&key=7").content.decode()) == [7]
    assert shown(client.get("/audit/?since=2026-11-21").content.decode())[-1] == 110, "the day of the house’s zone"
    assert shown(client.get("/audit/?until=2026-11-16").content.decode())[0] == 13
    page = client.get("/audit/?key=nothing").content.decode()
    assert "Nothing matches" in page


def test_manager_reads_the_trail_of_own_departments_alone(client, cast, trail):
    client.force_login(cast.maud)
    assert joined(pages(client)) == list(range(119, 0, -2))
    page = client.get("/audit/").content.decode()
    assert ">Sam<" not in page


@pytest.mark.parametrize("who", ["camille", "anna", "conrad"])
def test_who_may_not_read_it_is_told_so(client, cast, who):
    client.force_login(getattr(cast, who))
    assert client.get("/audit/").status_code == 403
    assert client.post("/audit/check").status_code == 403


def test_check_says_that_the_chain_is_whole(client, cast, trail):
    client.force_login(cast.olive)
    assert "not checked here yet" in client.get("/audit/").content.decode()
    client.post("/audit/check")
    client.post("/audit/check")
    assert "<progress" in client.get("/audit/").content.decode()
    assert run_jobs("w", later(hours=1)) == 1
    assert "The chain is whole: 120 entries" in client.get("/audit/").content.decode()


def test_check_names_what_was_changed(client, cast, trail):
    from django.db import connection

    with lowered_guard(connection):
        AuditEntry.objects.filter(id=41).update(member_id=cast.sam.pk)
    client.force_login(cast.olive)
    client.post("/audit/check")
    run_jobs("w", later(hours=1))
    page = client.get("/audit/").content.decode()
    assert "The trail was changed: 1 fault" in page and "Entry 41" in page


def test_empty_trail_says_what_will_be_here(client, cast):
    client.force_login(cast.olive)
    assert "Nothing here yet" in client.get("/audit/").content.decode()


def test_number_that_is_none_shows_the_first_page(client, cast, trail):
    client.force_login(cast.olive)
    assert shown(client.get("/audit/?before=x&person=zz&since=never").content.decode())[0] == 120

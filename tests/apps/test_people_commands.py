"""`parvis audit` and `parvis member`, run as commands on a database of their own."""

import re

import pytest
from django.db import connection

from parvis.cli import main
from parvis.orgs import audit
from parvis.orgs.audit_guard import lowered_guard
from parvis.orgs.models import AuditEntry, Member


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def trail(cast, now):
    for number in range(3):
        audit.record(cast.olive, "item.refuse", subject="item", subject_key=number, now=now)


def test_verify_says_that_the_trail_is_whole_and_where_it_ends(trail, capsys):
    assert main(["audit", "verify"]) == 0
    told = capsys.readouterr().out
    assert "whole: 3 entries" in told
    end = re.search(r"ends at (3:[0-9a-f]{64})\.", told).group(1)
    assert main(["audit", "verify", "--known", end]) == 0


def test_verify_tells_what_was_changed_and_exits_1(trail, capsys):
    with lowered_guard(connection):
        AuditEntry.objects.filter(id=2).update(subject_key="9")
    assert main(["audit", "verify"]) == 1
    assert "Entry 2 is not as it was written" in capsys.readouterr().out


def test_verify_notices_a_trail_that_was_put_back_whole(trail, capsys):
    assert main(["audit", "verify", "--known", f"4:{'0' * 64}"]) == 1
    assert "older state" in capsys.readouterr().out
    assert main(["audit", "verify", "--known", "nonsense"]) == 2


def test_verify_speaks_french(trail, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_CH.UTF-8")
    main(["audit", "verify"])
    assert "intact" in capsys.readouterr().out


def test_reseal_is_recorded_with_its_reason(trail, capsys):
    assert main(["audit", "reseal", "--reason", "the key was lost"]) == 0
    assert AuditEntry.objects.get(id=4).facts == {"reason": "the key was lost"}


def test_member_link_lets_a_member_in_and_can_forget_factors(cast, capsys):
    assert main(["member", "link", "SAM@example.org", "--address", "http://desk:8000", "--forget-factors"]) == 0
    assert capsys.readouterr().out.startswith("http://desk:8000/enter/")
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"sign_in_link.make", "factors.forget"}


def test_member_link_says_why_not(cast, capsys):
    assert main(["member", "link", "nobody@example.org"]) == 2
    assert "no member nobody@example.org" in capsys.readouterr().err
    assert main(["member", "link"]) == 2
    assert "signed up" in capsys.readouterr().err


@pytest.mark.django_db
def test_member_link_without_a_name_is_the_first_one(capsys):
    assert not Member.objects.exists()
    assert main(["member", "link"]) == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:8000/enter/")

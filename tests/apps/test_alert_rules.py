"""Rules of alerts: tried on what was, changed in sight of the trail, and what they know of names."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.apps.alerting import HOUR, NOON, arrive, fill_hours, look, make_query, rule_for

from parvis.core.errors import BadInput, Conflict, FieldMissing, NotAllowed
from parvis.listening.alerts.authors import Authors
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.rehearsal import rehearse
from parvis.listening.alerts.rules import RuleWish, add_rule, change_rule, mute_rule, remove_rule, terms_of
from parvis.listening.models import AlertRule, AlertSign, AlertWatch, HourCount, Severity
from parvis.orgs.models import AuditEntry, NoticeRoute
from parvis.orgs.notices.routes import add_route
from parvis.testing.factories import make_channel

pytestmark = pytest.mark.django_db
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
def query(cast):
    query = make_query(cast)
    fill_hours(query, weeks=12)
    return query


def _try(query, kind="volume", **terms):
    return rehearse(query, Terms(kind=kind, **terms), zone=ZURICH, now=NOON)


@pytest.mark.slow
def test_a_rehearsal_rings_where_the_rule_would_have_rung(cast, query):
    for days in (3, 40):
        HourCount.objects.filter(query=query, hour=NOON - timedelta(days=days)).update(count=90)
    tried = _try(query)
    assert [ring.first_hour for ring in tried.rings] == [NOON - timedelta(days=40), NOON - timedelta(days=3)]
    assert tried.since == NOON - timedelta(weeks=10)  # two weeks are for learning
    assert not AlertSign.objects.exists()


def test_a_rehearsal_of_a_quiet_query_is_quiet_and_without_history_says_so(cast, query):
    assert _try(query).rings == []
    assert _try(make_query(cast, "other", name="Other")).since is None


def test_a_rehearsal_counts_an_event_of_several_hours_once(cast, query):
    for hours in range(4):
        HourCount.objects.filter(query=query, hour=NOON - timedelta(days=3) + hours * HOUR).update(count=90)
    [ring] = _try(query).rings
    assert ring.last_hour == ring.first_hour + 3 * HOUR


@pytest.mark.parametrize(("per", "threshold", "times"), [("hour", 89, 1), ("hour", 90, 0), ("day", 150, 1)])
def test_a_threshold_is_rehearsed_by_the_hour_and_by_the_day(cast, query, per, threshold, times):
    HourCount.objects.filter(query=query, hour=NOON - timedelta(days=3)).update(count=90)
    assert len(_try(query, "threshold", per=per, threshold=threshold).rings) == times


def test_a_named_author_is_rehearsed(cast, query):
    channel = make_channel(cast.news)
    for days in (2, 2, 30, 100):
        arrive(channel, 1, at=NOON - timedelta(days=days), author="Ann Other")
    assert len(_try(query, "author", authors=("ann other",)).rings) == 2


@pytest.mark.parametrize(
    ("written", "name", "handle", "is_known"),
    [
        ("Élodie Müller", "elodie MULLER", "", True),
        ("Élodie Müller", "Élodie Müller-Weber", "", False),
        ("@rts", "RTS Info", "rts@social.ch", True),
        ("@rts@social.ch", "", "rts@social.ch", True),
        ("@rts@social.ch", "", "rts@elsewhere.ch", False),
        ("@rts", "", "rtsinfo", False),
        ("rts.ch", "", "rts.ch", True),
        ("", "", "", False),
        ("@", "", "", False),
    ],
)
def test_an_author_is_known_by_name_or_handle(written, name, handle, is_known):
    assert Authors([written]).know(name, handle) is is_known


def test_what_changed_is_in_the_trail_with_before_and_after_and_no_address(cast, query, now):
    route = add_route(
        cast.maud, kind="mail", address="secret-desk@example.net", name="Desk", now=now, department=cast.news,
        is_shared=True,
    )  # fmt: skip
    rule = rule_for(query, cast.camille, wish={"routes": [route]})
    wish = RuleWish(
        terms=Terms(kind="threshold", threshold=9), members=[cast.maud], quiet_from=time(22, 0), quiet_to=time(7, 0),
        wakes_from=Severity.HIGH,
    )  # fmt: skip
    change_rule(rule, cast.camille, wish, now=NOON, revision=1)
    entry = AuditEntry.objects.get(action="alert_rule.change")
    assert entry.facts["threshold"] == {"before": None, "after": 9}
    assert entry.facts["members"] == {"before": [cast.camille.pk], "after": [cast.maud.pk]}
    assert entry.facts["quiet_from"] == {"before": None, "after": "22:00:00"}
    assert "secret-desk" not in str(list(AuditEntry.objects.values_list("facts", flat=True)))
    assert terms_of(AlertRule.objects.get()).threshold == 9
    with pytest.raises(Conflict):
        change_rule(rule, cast.camille, wish, now=NOON, revision=1)


def test_nothing_changed_leaves_no_trace(cast, query):
    rule = rule_for(query, cast.camille)
    look(NOON)
    wish = RuleWish(terms=Terms(kind="volume"), members=[cast.camille])
    change_rule(rule, cast.camille, wish, now=NOON, revision=1)
    assert not AuditEntry.objects.filter(action="alert_rule.change").exists()
    assert AlertWatch.objects.get().state is not None


def test_rules_are_of_who_listens_in_the_department(cast, query):
    wish = RuleWish(terms=Terms(kind="volume"), members=[cast.camille])
    for stranger in (cast.sam, cast.conrad):
        with pytest.raises(NotAllowed):
            add_rule(query, stranger, wish, now=NOON)
    rule = rule_for(query, cast.anna)
    for act in (lambda: mute_rule(rule, cast.sam, until=None, now=NOON), lambda: remove_rule(rule, cast.sam, now=NOON)):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        (Terms(kind="odd"), BadInput),
        (Terms(kind="threshold"), FieldMissing),
        (Terms(kind="threshold", threshold=-1), BadInput),
        (Terms(kind="author", authors=("@", " ")), FieldMissing),
        (Terms(kind="author", authors=tuple(f"a{number}" for number in range(51))), BadInput),
    ],
)
def test_a_rule_that_says_nothing_is_not_kept(cast, query, terms, error):
    with pytest.raises(error):
        add_rule(query, cast.camille, RuleWish(terms=terms, members=[cast.camille]), now=NOON)
    assert not AlertRule.objects.exists()


def test_a_rule_tells_nobody_who_does_not_see_it_and_by_no_way_of_somebody_elses(cast, query, now):
    own = add_route(cast.maud, kind="mail", address="maud@example.net", name="", now=now)
    theirs = add_route(
        cast.sam, kind="mail", address="sport@example.net", name="", now=now, department=cast.sport, is_shared=True
    )
    assert NoticeRoute.objects.count() == 2
    terms = Terms(kind="volume")
    for wish in (
        RuleWish(terms=terms, members=[cast.sam]),
        RuleWish(terms=terms, routes=[own]),
        RuleWish(terms=terms, routes=[theirs]),
        RuleWish(terms=terms),
        RuleWish(terms=terms, members=[cast.camille], escalate_after_min=5),
        RuleWish(terms=terms, members=[cast.camille], escalate_after_min=5, escalate_members=[cast.sam]),
    ):
        with pytest.raises(BadInput):
            add_rule(query, cast.camille, wish, now=NOON)

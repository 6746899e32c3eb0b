"""What the tests of alerts share: a query with months behind it, hours that hold so many items, a worker's looks."""

from datetime import UTC, datetime, timedelta

from parvis.core.query.document import Document
from parvis.listening.alerts.answering import end_stale, escalate_due
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.looking import look_at_due_rules
from parvis.listening.alerts.rules import RuleWish, add_rule
from parvis.listening.ears import Ears
from parvis.listening.hearing import hear_new_items
from parvis.listening.meeting import hour_of
from parvis.listening.models import HourCount
from parvis.listening.services import Wish, save_query
from parvis.testing.heard import put_items

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
"""A Tuesday; 13:00 in Zurich."""


def make_query(cast, text="climat", *, name="Climate", department=None, member=None, now=NOON):
    wish = Wish(name=name, text=text, department=department or cast.news)
    return save_query(member or cast.camille, wish, now=now)


def fill_hours(query, *, until=NOON, weeks=6, count=6, tone=None, night=1):
    """A steady rhythm: `count` an hour by day, `night` by night; with `tone` each item has it, give or take."""
    rows = []
    for back in range(1, weeks * 168 + 1):
        hour = hour_of(until) - back * HOUR
        number = (count if 6 <= hour.hour < 20 else night) + (hour.toordinal() + hour.hour * 7) % 3
        toned = number if tone is not None else 0
        rows.append(
            HourCount(
                query=query, hour=hour, count=number, tone_count=toned, tone_sum=toned * (tone or 0.0),
                tone_square_sum=toned * ((tone or 0.0) ** 2 + 0.04),
            )
        )  # fmt: skip
    HourCount.objects.bulk_create(rows)


def arrive(channel, count, *, at, text="climat", author="", handle="", ears=None):
    """So many items, published and heard at that moment."""
    items = put_items(
        channel,
        [Document(f"{text} {number}", published_at=at, author=author, handle=handle) for number in range(count)],
        at=at,
        is_heard=False,
    )
    ears = ears or Ears()
    while hear_new_items(ears, now=at):
        pass
    return items


def rule_for(query, member, *, now=NOON - HOUR, kind="volume", wish=None, **terms):
    return add_rule(
        query, member, RuleWish(terms=Terms(kind=kind, **terms), **({"members": [member]} | (wish or {}))), now=now
    )


def look(now, *, worker="test"):
    """All that a worker's alerts loop does at this moment."""
    while look_at_due_rules(worker=worker, now=now):
        pass
    escalate_due(now=now)
    end_stale(now=now)


def look_each_hour(since, until):
    """As if a worker ran from one hour to the other."""
    while since <= until:
        look(since + timedelta(minutes=20))
        since += HOUR

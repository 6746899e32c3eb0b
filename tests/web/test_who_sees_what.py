"""Every address of the desk, as every kind of person: nothing of another department, nothing beyond one's role.

ADDRESSES names each address of the URLconf; one that is added without a line here fails the first test.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from tests.web.house_of_two import NEWS_WORD, SPORT_WORD, Part, digest, furnish

from parvis.jobs.live import tell
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import Member
from parvis.testing.clock import MONDAY
from parvis.web.stream import Listener, compose, listener_of

ALL = frozenset({"olive", "stella", "arthur", "maud", "camille", "anna", "conrad"})
MANAGE_HOUSE = frozenset({"olive", "stella", "arthur"})
MANAGE_PEOPLE = frozenset({"olive", "stella", "maud"})
MANAGE_CHANNELS = MANAGE_PEOPLE | {"arthur"}
SEE_CHANNELS = ALL - {"conrad"}
WORK = frozenset({"olive", "stella", "maud", "camille"})
"""Decide, answer, assign, share views."""
LISTEN = ALL - {"conrad"}
DRAFT = WORK | {"conrad"}
LEAD = frozenset({"olive", "stella", "maud"})
"""Open and end a crisis room."""
OWN = frozenset({"camille"})
"""Whose job, view or batch it is."""
NOBODY = frozenset[str]()
OF_NEWS = ("maud", "camille", "anna", "conrad")


@dataclass(frozen=True)
class Address:
    """`path` and `forms` are of one department; who is not in `readers` or `writers` is refused."""

    path: Callable[[Part], str]
    readers: frozenset[str] = NOBODY
    writers: frozenset[str] = NOBODY
    forms: Callable[[Part], list[dict[str, Any]]] = lambda part: [{}]
    changes: bool = True
    """A form that is allowed leaves a trace in the database."""
    is_of_department: bool = True
    """The address itself names something of a department."""


def talk(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/inbox/{part.conversation.pk}/{end}", readers, writers, forms, changes)


def channel(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/channels/{part.channel.pk}/{end}", readers, writers, forms, changes)


def listened(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/listen/{part.query.pk}/{end}", readers, writers, forms, changes)


def file(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/listen/files/{part.file.pk}/{end}", readers, writers, forms, changes)


def room(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/listen/rooms/{part.room.pk}/{end}", readers, writers, forms, changes)


def line(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/listen/rooms/{part.room.pk}/lines/{part.line.pk}/{end}", readers, writers, forms)


def alert(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/listen/alerts/{part.episode.pk}/{end}", readers, writers, forms)


def rule(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/listen/rules/{part.rule.pk}/{end}", readers, writers, forms)


def route(end: str, *, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/account/notices/{part.route.pk}/{end}", NOBODY, LISTEN, forms)


def posted(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/publish/{part.post.pk}/{end}", readers, writers, forms, changes)


def kept_asset(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/assets/{part.asset.pk}/{end}", readers, writers, forms)


def of_version(end: str) -> Address:
    return Address(lambda part: f"/assets/versions/{part.version.pk}/{end}", ALL)


def person(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}]) -> Address:
    return Address(lambda part: f"/people/{part.other.pk}/{end}", readers, writers, forms)


def department(end: str, form: dict[str, str], *, changes=True) -> Address:
    return Address(
        lambda part: f"/departments/{part.department.pk}/{end}", NOBODY, MANAGE_HOUSE, lambda part: [form], changes
    )


def page(path: str, *, readers=NOBODY, writers=NOBODY, forms: Any = lambda part: [{}], changes: bool = True) -> Address:
    """An address without anything of a department in it; its forms may name something."""
    return Address(lambda part: path, readers, writers, forms, changes, is_of_department=False)


def _bulk(part: Part) -> list[dict[str, Any]]:
    ids = {"ids": [part.conversation.pk]}
    verbs = (
        "approve", "hold", "spam", "waiting", "done", "priority:2", "label:New", f"unlabel:{part.label.name}",
        f"assign:{part.other.pk}", "assign:", "refuse:off_topic",
    )  # fmt: skip
    return [*({"verb": verb, **ids} for verb in verbs), {"verb": "done", "all": "1", "q": ""}]


def _query(part: Part) -> list[dict[str, Any]]:
    return [{"name": "Mine", "text": "words", "department": part.department.pk, "colour": "blue"}]


def _comparison(part: Part) -> list[dict[str, Any]]:
    sides = part.comparison.sides.values_list("query_id", flat=True)
    return [
        {
            "name": "Mine", "department": part.department.pk, "days": 7, "rows": 2,
            **{f"query{row}": key for row, key in enumerate(sides)},
        }
    ]  # fmt: skip


def _annotation(part: Part) -> list[dict[str, Any]]:
    return [{"text": "A strike", "at": "2026-11-20T10:00", "where": part.department.pk}]


def compared(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/listen/reputation/{part.comparison.pk}/{end}", readers, writers, forms, changes)


def reputed(end: str, *, readers=NOBODY, writers=NOBODY, forms=lambda part: [{}], changes=True) -> Address:
    return Address(lambda part: f"/listen/reputation/of/{part.query.pk}/{end}", readers, writers, forms, changes)


def _rule(part: Part) -> list[dict[str, Any]]:
    terms = {"kind": "threshold", "threshold": "3", "per": "hour"}
    return [{**terms, "members": [part.person.pk], "revision": part.rule.revision}]


def _way(part: Part) -> list[dict[str, Any]]:
    return [{"kind": "mail", "address": "new@example.net", "name": "New", "department": part.department.pk}]


def _hook(part: Part) -> list[dict[str, Any]]:
    return [{"name": "Other system", "department_id": part.department.pk, "form": ""}]


def _post(part: Part) -> list[dict[str, Any]]:
    on = part.post.variants.values_list("channel_id", flat=True)[0]
    return [{"base_version": part.post.version, "text": "Rewritten", "channels": [on], f"v-{on}": "1"}]


def _verbs(*verbs: str) -> Callable[[Part], list[dict[str, Any]]]:
    return lambda part: [{"verb": verb} for verb in verbs]


def _file(part: Part) -> list[dict[str, Any]]:
    return [{"file": SimpleUploadedFile("a.csv", b"text,id\nhello,1\n")}]


ADDRESSES = {
    "today": page("/", readers=ALL),
    "account": page(
        "/account/",
        readers=ALL,
        writers=ALL,
        forms=lambda part: [{"name": "Other", "theme": "dark", "density": "compact"}],
    ),
    "account-end-others": page("/account/sessions/end", writers=ALL, changes=False),
    "account-end-session": page("/account/sessions/1/end", writers=ALL, changes=False),
    "audit": page("/audit/", readers=MANAGE_CHANNELS),
    "audit-check": page("/audit/check", writers=MANAGE_HOUSE),
    "channels": page("/channels/", readers=SEE_CHANNELS),
    "channel-new": page("/channels/new/", readers=MANAGE_CHANNELS),
    "channel-new-choose": page("/channels/new/choose", writers=ALL, changes=False),
    "channel-new-details": page("/channels/new/details/", readers=MANAGE_CHANNELS),
    "channel-new-preview": page("/channels/new/first-items/", readers=MANAGE_CHANNELS),
    "channel-new-save": page("/channels/new/save", writers=MANAGE_CHANNELS, changes=False),
    "channel-new-files": page(
        "/channels/new/files/",
        readers=MANAGE_CHANNELS,
        writers=MANAGE_CHANNELS,
        forms=lambda part: [{"name": "Archive", "department_id": part.department.pk}],
    ),
    "channel-new-hook": page(
        "/channels/new/hook/", readers=MANAGE_CHANNELS, writers=MANAGE_CHANNELS, forms=_hook
    ),
    "channel-hook": channel("hook/"),
    "channel-logo": page("/channels/logo/wordpress.svg", readers=ALL),
    "channel": channel(
        "",
        readers=SEE_CHANNELS,
        writers=MANAGE_CHANNELS,
        forms=lambda part: [
            {"name": "Other", "department_id": part.department.pk, "opens_conversations": ["comment"]},
        ],
    ),
    "channel-do": channel(
        "do", writers=MANAGE_CHANNELS, forms=lambda part: [{"verb": verb} for verb in ("pause", "resume", "read")]
    ),
    "channel-reconnect": channel("reconnect/", readers=MANAGE_CHANNELS),
    "channel-remove": channel("remove/", readers=MANAGE_CHANNELS, writers=MANAGE_CHANNELS),
    "channel-replay": channel("replay", writers=MANAGE_CHANNELS),
    "channel-import": channel("import", writers=MANAGE_CHANNELS, forms=_file),
    "channel-job": Address(
        lambda part: f"/channels/{part.channel.pk}/jobs/{part.channel_job.pk}/", SEE_CHANNELS, MANAGE_CHANNELS
    ),
    "effect-answer": Address(
        lambda part: f"/effects/{part.effect.pk}/",
        NOBODY,
        WORK,
        lambda part: [{"answer": answer} for answer in ("retry", "give_up")],
    ),
    "settings": page(
        "/settings/",
        readers=MANAGE_HOUSE,
        writers=MANAGE_HOUSE,
        forms=lambda part: [{"name": "Other", "zone": "UTC", "language": "fr"}],
    ),
    "listen": page("/listen/", readers=ALL),
    "listen-archived": page("/listen/archived/", readers=ALL),
    "query-new": page("/listen/new/", readers=LISTEN, writers=LISTEN, forms=_query),
    "query-preview": page("/listen/preview/?text=words", readers=ALL),
    "query": listened("", readers=ALL),
    "query-change": listened("change/", readers=LISTEN, writers=LISTEN, forms=_query),
    "query-versions": listened("versions/", readers=ALL),
    "query-state": listened("state/", writers=LISTEN, forms=lambda part: [{"state": "paused"}, {"state": "archived"}]),
    "query-look-back": listened("look-back/", writers=LISTEN),
    "match-open": Address(
        lambda part: f"/listen/{part.query.pk}/open/{part.item.pk}/", NOBODY, WORK, changes=False
    ),
    "publish": page("/publish/", readers=ALL),
    "publish-calendar": page("/publish/calendar/", readers=ALL),
    "calendar-move": page(
        "/publish/calendar/move/", writers=WORK,
        forms=lambda part: [
            {"post": part.planned.pk, "seen": part.publication.due_at.isoformat(), "day": "2026-11-20"},
            {"post": part.planned.pk, "seen": part.publication.due_at.isoformat(), "day": "2026-11-20", "hour": "8"},
            {"verb": "undo", "post": part.planned.pk, "seen": part.publication.due_at.isoformat(), "zone": "UTC",
             "local": "2026-11-20T08:00:00"},
            {"verb": "plan", "post": part.post.pk, "day": "2026-11-20"},
            {"verb": "unplan", "post": part.planned.pk},
        ],
    ),
    "calendar-event-new": page(
        "/publish/calendar/events/new/", readers=DRAFT, writers=DRAFT,
        forms=lambda part: [{"title": "Fair", "day": "2026-12-01", "is_all_day": "1", "department": part.department.pk}],
    ),
    "calendar-event": Address(
        lambda part: f"/publish/calendar/events/{part.event.pk}/", ALL, DRAFT,
        lambda part: [{"title": "Fair", "day": "2026-12-01", "is_all_day": "1", "department": part.department.pk}],
    ),
    "calendar-event-remove": Address(lambda part: f"/publish/calendar/events/{part.event.pk}/remove/", NOBODY, DRAFT),
    "calendar-others": page("/publish/calendar/others/", readers=ALL),
    "calendar-feed-add": page(
        "/publish/calendar/feeds/", writers=WORK,
        forms=lambda part: [
            {"name": "New", "address": "https://x.example/a.ics", "department": part.department.pk}
        ],
    ),
    "calendar-feed-do": Address(
        lambda part: f"/publish/calendar/feeds/{part.feed.pk}/do/", NOBODY, WORK, _verbs("remove")
    ),
    "calendar-link-add": page(
        "/publish/calendar/links/", writers=ALL, forms=lambda part: [{"department": part.department.pk}]
    ),
    "calendar-link-revoke": Address(
        lambda part: f"/publish/calendar/links/{part.link.pk}/revoke/", NOBODY, OWN
    ),
    "calendar-options": page(
        "/publish/calendar/options/", writers=MANAGE_HOUSE, forms=lambda part: [{"regions": "CH-VD"}]
    ),
    "post-approvals": page("/publish/approvals/", readers=ALL),
    "post-approvals-answer": page(
        "/publish/approvals/answer/", writers=LEAD, forms=lambda part: [{"verb": f"approve:{part.asked.pk}"}]
    ),
    "approval-rules": page("/publish/rules/", readers=ALL),
    "approval-rule": Address(
        lambda part: f"/publish/rules/{part.department.pk}/", MANAGE_PEOPLE, MANAGE_PEOPLE,
        lambda part: [{"kind": "one", "who-0": "any"}],
    ),
    "post-guests": Address(
        lambda part: f"/publish/{part.asked.post_id}/guests/", NOBODY, LEAD,
        lambda part: [{"name": "Clara", "email": "clara@example.com"}],
    ),
    "publication-edit": Address(
        lambda part: f"/publish/publications/{part.out.pk}/edit/", WORK, WORK,
        lambda part: [{"text": "Rewritten", "verb": "save"}],
    ),
    "queues": page(
        "/publish/queues/", readers=ALL, writers=WORK,
        forms=lambda part: [{"name": "New", "zone": "UTC", "department": part.department.pk, "when_freed": "fill"}],
    ),
    "queue": Address(lambda part: f"/publish/queues/{part.queue.pk}/", ALL),
    "queue-do": Address(
        lambda part: f"/publish/queues/{part.queue.pk}/do/", NOBODY, WORK,
        lambda part: [
            {"verb": "add", "weekday": "1", "time": "10:00"}, {"verb": "remove", "slot": part.slot.pk},
            {"verb": "save", "name": "Other", "zone": "UTC", "when_freed": "leave"}, {"verb": "off"},
            {"verb": "close"},
        ],
    ),
    "campaigns": page("/publish/campaigns/", readers=ALL),
    "campaign-new": page(
        "/publish/campaigns/new/", readers=WORK, writers=WORK,
        forms=lambda part: [{"name": "New", "colour": "red", "department": part.department.pk}],
    ),
    "campaign": Address(
        lambda part: f"/publish/campaigns/{part.campaign.pk}/", ALL, WORK,
        lambda part: [{"name": "Other", "colour": "red"}, {"verb": "close"}],
    ),
    "campaign-change": Address(lambda part: f"/publish/campaigns/{part.campaign.pk}/change/", WORK),
    "pillars": page(
        "/publish/pillars/", writers=WORK,
        forms=lambda part: [
            {"name": "New", "colour": "red", "department": part.department.pk},
            {"name": "Other", "colour": "red", "pillar": part.pillar.pk}, {"verb": "close", "pillar": part.pillar.pk},
        ],
    ),
    "posts-import": page(
        "/publish/tables/", readers=WORK, writers=WORK,
        forms=lambda part: [
            {"file": SimpleUploadedFile("a.csv", b"text\nHello"), "zone": "UTC", "department": part.department.pk}
        ],
    ),
    "posts-file": Address(
        lambda part: f"/publish/tables/{part.table.pk}/", ALL, WORK, lambda part: [{"verb": "drafts"}]
    ),
    "posts-file-run": Address(lambda part: f"/publish/tables/{part.table.pk}/run/", ALL),
    "posts-file-results": Address(lambda part: f"/publish/tables/{part.table.pk}/results/", ALL),
    "evergreen": page(
        "/publish/evergreen/", readers=ALL, writers=WORK,
        forms=lambda part: [
            {"name": "New", "queue": part.queue.pk, "label": "a", "least_days": "30", "most_per_week": "1",
             "mode": "propose"},
        ],
    ),
    "evergreen-do": Address(
        lambda part: f"/publish/evergreen/{part.evergreen.pk}/do/", NOBODY, WORK, _verbs("off")
    ),
    "evergreen-answer": Address(
        lambda part: f"/publish/evergreen/picks/{part.pick.pk}/", NOBODY, WORK, _verbs("refuse")
    ),
    "assets": page("/assets/", readers=ALL),
    "asset-folders": page(
        "/assets/folders/", writers=DRAFT, forms=lambda part: [{"name": "New", "department": part.department.pk}]
    ),
    "asset-folder-do": Address(
        lambda part: f"/assets/folders/{part.folder.pk}/do/", NOBODY, WORK,
        lambda part: [{"verb": "rename", "name": "Other"}, {"verb": "delete"}],
    ),
    "asset-uploads": page(
        "/assets/uploads/", readers=ALL, writers=DRAFT,
        forms=lambda part: [{"name": "a.jpg", "size": "9", "department": part.department.pk}],
    ),
    "asset-plain": page(
        "/assets/arrive/", writers=DRAFT, forms=lambda part: [{"department": part.department.pk}], changes=False
    ),
    "asset-arrive": Address(lambda part: f"/assets/arrive/{part.upload.key}/", NOBODY, OWN),
    "asset-upload": Address(
        lambda part: f"/assets/uploads/{part.upload.key}/", OWN, OWN, _verbs("cancel")
    ),
    "asset-pick": page("/assets/pick/", readers=ALL),
    "asset-known": Address(lambda part: f"/assets/known/?id={part.asset.pk}", ALL, is_of_department=False),
    "asset": kept_asset("", readers=ALL),
    "asset-save": kept_asset("save/", writers=DRAFT, forms=lambda part: [{"title": "Other", "tags": "new"}]),
    "asset-do": kept_asset("do/", writers=WORK, forms=_verbs("put_away", "delete")),
    "asset-rights": kept_asset(
        "rights/", writers=DRAFT, forms=lambda part: [{"kind": "consent", "holder": "Ada"}]
    ),
    "asset-right": Address(
        lambda part: f"/assets/rights/{part.right.pk}/", NOBODY, WORK,
        lambda part: [{"kind": "right", "holder": "Ada", "note": "Other"}, {"verb": "withdraw"}],
    ),
    "asset-captions": kept_asset("captions/", writers=DRAFT, forms=lambda part: [{"language": "de"}]),
    "asset-caption": Address(
        lambda part: f"/assets/captions/{part.caption.pk}/", ALL, DRAFT,
        lambda part: [{"start": ["0"], "end": ["1"], "text": ["Other"]}, {"verb": "remove"}],
    ),
    "asset-caption-file": Address(lambda part: f"/assets/captions/{part.caption.pk}/captions.vtt", ALL),
    "asset-small": of_version("small/"),
    "asset-file": of_version("file/"),
    "asset-original": of_version("original/"),
    "asset-made": Address(lambda part: f"/assets/versions/{part.version.pk}/made/{part.made.pk}/", ALL),
    "post-queue": posted("queue/", writers=WORK, forms=lambda part: [{"queue": part.queue.pk}]),
    "post-place": posted(
        "place/", writers=DRAFT, forms=lambda part: [{"campaign": part.campaign.pk, "pillar": part.pillar.pk}]
    ),
    "post-repeat": posted(
        "repeat/", writers=WORK,
        forms=lambda part: [
            {"verb": "start", "every": "day", "interval": "1", "starts_on": "2027-01-01", "time": "09:00", "zone": "UTC"}
        ],
    ),
    "post-repeat-preview": posted("repeat/preview/", readers=WORK),
    "post-planning": posted("planning/", readers=ALL),
    "post-new": page(
        "/publish/new/", readers=DRAFT, writers=DRAFT, forms=lambda part: [{"department": part.department.pk}]
    ),
    "post": posted("", readers=ALL),
    "post-save": posted("save/", writers=DRAFT, forms=_post),
    "post-cards": posted("cards/", readers=ALL, writers=DRAFT, forms=_post, changes=False),
    "post-check": posted("check/", readers=ALL),
    "post-versions": posted("versions/", readers=ALL),
    "post-presence": posted("presence/", writers=ALL, changes=False),
    "post-comment": posted("comments/", writers=ALL, forms=lambda part: [{"text": "Good"}]),
    "post-comment-settle": Address(
        lambda part: f"/publish/comments/{part.comment.pk}/", NOBODY, ALL, lambda part: [{"resolved": "1"}]
    ),
    "post-do": posted(
        "do/",
        writers=WORK,
        forms=lambda part: [
            {"verb": "plan", "day": "2026-12-24", "time": "12:00", "zone": "UTC"}, {"verb": "publish"},
            {"verb": "cancel"},
        ],
    ),
    "publication-do": Address(
        lambda part: f"/publish/publications/{part.publication.pk}/", NOBODY, WORK, _verbs("hold")
    ),
    "stories": page("/listen/stories/", readers=ALL),
    "story": Address(lambda part: f"/listen/stories/{part.story.pk}/", ALL),
    "reputation": page("/listen/reputation/", readers=ALL),
    "comparison-new": page("/listen/reputation/new/", readers=LISTEN, writers=LISTEN, forms=_comparison),
    "comparison": compared("", readers=ALL, writers=ALL, forms=_annotation),
    "comparison-csv": compared("figures.csv", readers=ALL),
    "comparison-change": compared("change/", readers=LISTEN, writers=LISTEN, forms=_comparison),
    "comparison-remove": compared("remove/", writers=LISTEN),
    "reputation-query": reputed("", readers=ALL, writers=ALL, forms=_annotation),
    "reputation-query-csv": reputed("figures.csv", readers=ALL),
    "reputation-items": reputed("items/?since=2020-01-01T00&until=2035-01-01T00", readers=ALL),
    "annotation-remove": Address(
        lambda part: f"/listen/reputation/annotations/{part.annotation.pk}/remove/", NOBODY, LISTEN
    ),
    "files": page("/listen/files/", readers=ALL),
    "file-new": page(
        "/listen/files/new/", readers=LISTEN, writers=LISTEN,
        forms=lambda part: [{"claim": "Mine", "department": part.department.pk, "item": part.item.pk}],
    ),
    "file": file("", readers=ALL),
    "file-print": file("print/", readers=ALL),
    "file-history": file("history/", readers=ALL),
    "file-change": file(
        "change/", readers=LISTEN, writers=LISTEN,
        forms=lambda part: [{"claim": "Other", "department": part.department.pk, "owner": part.other.pk}],
    ),
    "file-state": file("state/", writers=LISTEN, forms=lambda part: [{"state": "closed", "outcome": "Over"}]),
    "file-evidence": file(
        "evidence/", writers=LISTEN,
        forms=lambda part: [
            {"kind": "item", "item": part.item.pk}, {"kind": "address", "address": "https://example.org/"},
            {"kind": "quotation", "text": "Words"},
        ],
    ),
    "file-answer": file("answers/", writers=LISTEN, forms=lambda part: [{"text": "We answer."}]),
    "file-approve": file("answers/1/approve/", writers=WORK),
    "file-links": file(
        "links/", readers=LISTEN, writers=LISTEN,
        forms=lambda part: [{"query": part.query.pk}, {"story": part.story.pk}],
    ),
    "item-keep": Address(lambda part: f"/listen/keep/{part.item.pk}/", ALL),
    "item-assign": Address(
        lambda part: f"/listen/keep/{part.item.pk}/assign/", NOBODY, WORK,
        lambda part: [{"assignee": part.other.pk}],
    ),
    "rooms": page("/listen/rooms/", readers=ALL),
    "room-new": page(
        "/listen/rooms/new/", readers=LEAD, writers=LEAD,
        forms=lambda part: [{"name": "Mine", "why": "Down", "departments": [part.department.pk]}],
    ),
    "room": room("", readers=ALL),
    "room-print": room("print/", readers=ALL),
    "room-presence": room("presence/", writers=ALL),
    "room-log": room("log/", writers=ALL, forms=lambda part: [{"text": "Words"}, {"item": part.item.pk}]),
    "room-lines": room("lines/", writers=ALL, forms=lambda part: [{"text": "Words", "language": "en"}]),
    "room-line": line("", readers=ALL, writers=ALL, forms=lambda part: [{"text": "Words", "language": "en"}]),
    "room-line-approve": line("approve/", writers=LEAD),
    "room-line-withdraw": line("withdraw/", writers=ALL),
    "room-tasks": room(
        "tasks/", readers=ALL, writers=ALL, forms=lambda part: [{"what": "Call"}, {"what": "Call", "member": part.other.pk}]
    ),
    "room-task": Address(lambda part: f"/listen/rooms/{part.room.pk}/tasks/{part.task.pk}/", NOBODY, ALL),
    "room-choose": room(
        "choose/", readers=ALL, writers=ALL,
        forms=lambda part: [{"query": part.query.pk}, {"story": part.story.pk}, {"file": part.file.pk}],
    ),
    "room-debrief": room(
        "debrief/", readers=LEAD, writers=LEAD,
        forms=lambda part: [{"happened": "Rain"}, {"happened": "Rain", "end": "1"}],
    ),
    "held-decide": Address(
        lambda part: f"/listen/held/{part.held.pk}/", NOBODY, LEAD, lambda part: [{"decision": "drop"}]
    ),
    "lines-for": Address(lambda part: f"/listen/lines/{part.conversation.pk}/", ALL),
    "alerts": page("/listen/alerts/", readers=ALL),
    "alert": alert("", readers=ALL),
    "alert-acknowledge": alert("acknowledge/", writers=LISTEN, forms=lambda part: [{"note": "Seen"}]),
    "alert-judge": alert("judge/", writers=LISTEN, forms=lambda part: [{"judgement": "real"}]),
    "alert-escalate": alert("escalate/", writers=LISTEN),
    "alert-rules": listened("alerts/", readers=ALL),
    "alert-rule-new": listened("alerts/new/", readers=LISTEN, writers=LISTEN, forms=_rule),
    "alert-rule-preview": listened("alerts/preview/?kind=threshold&threshold=3&per=hour", readers=ALL),
    "alert-rule": rule("", readers=LISTEN, writers=LISTEN, forms=_rule),
    "alert-rule-switch": rule("switch/", writers=LISTEN, forms=lambda part: [{"is_on": "0"}]),
    "alert-rule-mute": rule("mute/", writers=LISTEN, forms=lambda part: [{"hours": "8"}]),
    "alert-rule-remove": rule("remove/", writers=LISTEN),
    "notice-routes": page("/account/notices/", readers=ALL, writers=ALL, forms=_way),
    "shared-routes": page("/listen/notices/", readers=LISTEN, writers=LISTEN, forms=_way),
    "notice-route-test": route("test/"),
    "notice-route-switch": route("switch/", forms=lambda part: [{"is_on": "0"}]),
    "notice-route-remove": route("remove/"),
    "inbox": page("/inbox/", readers=ALL),
    "inbox-changes": page("/inbox/changes/?q=&rows=1.2.3.4.5.6.7.8&first=1&open=1", readers=ALL),
    "inbox-bulk": page("/inbox/bulk/", writers=WORK, forms=_bulk),
    "inbox-bulk-count": page("/inbox/bulk/count/?q=", readers=ALL),
    "inbox-bulk-choices": page("/inbox/bulk/choices/assign/", readers=ALL),
    "inbox-job": Address(lambda part: f"/inbox/jobs/{part.own_job.pk}/", OWN, OWN),
    "inbox-undo": Address(lambda part: f"/inbox/undo/{part.batch}/", ALL, OWN, is_of_department=False),
    "inbox-view-save": page(
        "/inbox/views/", writers=ALL, forms=lambda part: [{"name": "Mine", "q": "is:held"}]
    ),
    "inbox-view-delete": Address(lambda part: f"/inbox/views/{part.shared_view.pk}/delete/", NOBODY, WORK),
    "inbox-decide": Address(
        lambda part: f"/inbox/items/{part.item.pk}/decide/",
        NOBODY,
        WORK,
        lambda part: [{"verdict": verdict} for verdict in ("approve", "spam", "refuse")] + [{"reason": "off_topic"}],
    ),
    "inbox-versions": Address(lambda part: f"/inbox/items/{part.item.pk}/versions/", ALL),
    "talk": talk("", readers=ALL),
    "inbox-history": talk("history/", readers=ALL),
    "inbox-choices": talk("choices/assign/", readers=ALL),
    "inbox-names": talk("names/", readers=ALL),
    "inbox-state": talk("state/", writers=WORK, forms=lambda part: [{"state": "done"}, {"state": "waiting"}]),
    "inbox-assign": talk(
        "assign/", writers=WORK, forms=lambda part: [{"assignee": ""}, {"assignee": part.other.pk}]
    ),
    "inbox-snooze": talk("snooze/", writers=WORK, forms=lambda part: [{"until": "at", "at": "2030-01-01T10:00"}]),
    "inbox-labels": talk("labels/", writers=WORK, forms=lambda part: [{"new": "Fresh"}, {"labels": []}]),
    "inbox-priority": talk("priority/", writers=WORK, forms=lambda part: [{"priority": "2"}]),
    "inbox-reply": talk("reply/", writers=WORK, forms=lambda part: [{"text": "We answer.", "item": part.item.pk}]),
    "inbox-note": talk("note/", writers=ALL, forms=lambda part: [{"text": "A note"}]),
    "inbox-draft": talk("draft/", writers=ALL, forms=lambda part: [{"kind": "note", "text": "Begun"}]),
    "inbox-presence": talk("presence/", writers=ALL),
    "moderation": page("/moderation/", readers=WORK),
    "people": page("/people/", readers=MANAGE_PEOPLE),
    "people-invite": page(
        "/people/invite/",
        readers=MANAGE_PEOPLE,
        writers=MANAGE_PEOPLE,
        forms=lambda part: [{"email": "a@example.org", "place": part.department.pk, "role": "analyst"}],
    ),
    "people-withdraw": Address(
        lambda part: f"/people/invitations/{part.invitation.pk}/withdraw", NOBODY, MANAGE_PEOPLE
    ),
    "person": person("", readers=MANAGE_PEOPLE),
    "person-role": person(
        "role", writers=MANAGE_PEOPLE, forms=lambda part: [{"place": part.department.pk, "role": "analyst"}]
    ),
    "person-owner": person("owner", writers=frozenset({"olive"}), forms=lambda part: [{"owner": "1"}]),
    "person-active": person("active", writers=MANAGE_PEOPLE, forms=lambda part: [{"active": "0"}]),
    "departments": page(
        "/departments/", readers=MANAGE_HOUSE, writers=MANAGE_HOUSE, forms=lambda part: [{"name": "Culture"}]
    ),
    "demonstration-leave": page("/demonstration/leave/"),
    "department-rename": department("rename", {"name": "Other"}),
    "department-move": department("move", {"to": "down"}, changes=False),
    "department-open": department("open", {"open": "1"}, changes=False),
    "preferences": page(
        "/preferences/",
        writers=ALL,
        forms=lambda part: [{"theme": "dark"}, {"department": part.department.pk}],
    ),
}  # fmt: skip
WITHOUT_SIGN_IN = {
    "approve": "/approve/none/",
    "approve-medium": "/approve/none/media/0-0/",
    "welcome": "/welcome/",
    "enter": "/enter/none",
    "hook": "/hooks/1-none",
    "calendar-ics": "/calendar/none.ics",
}
"""Open to everybody, with nothing of the house in them."""
ALLAUTH = re.compile("accounts/")
"""The library's own pages: they are about nobody but who asks."""


def walk(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    for one in (resolver or get_resolver()).url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one, pattern)
        else:
            yield pattern, one.name or ""


LIBRARY = sorted(
    {"/" + re.sub(r"<int:pk>", "1", pattern) for pattern, _ in walk() if ALLAUTH.match(pattern) and "^" not in pattern}
)


@pytest.fixture
def house(cast, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("parvis.web.clock.now", lambda: MONDAY)
    return furnish(cast)


def browser(member: Member | None) -> Client:
    client = Client(raise_request_exception=False)
    if member is not None:
        client.force_login(member, backend="parvis.orgs.asking.Backend")
    return client


@dataclass
class Outcome:
    status: int
    text: str
    changed: set[str]
    """Tables."""


def ask(client: Client, path: str, form: dict[str, Any] | None, known: dict[str, str], **headers: str) -> Outcome:
    """What came of it; whatever it changed is taken back."""
    with transaction.atomic(), written() as writes:
        response = client.get(path, headers=headers) if form is None else client.post(path, form, headers=headers)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        text = content.decode("utf-8", "replace") + str(dict(response.headers)) + str(response.cookies)
        now = digest() if writes else known
        transaction.set_rollback(True)
    return Outcome(response.status_code, text, {table for table in known if known[table] != now[table]})


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements of the block that are no mere questions. Rows that are copied in come with others that are not."""
    writes: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            writes.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield writes


def with_choices(address: Address, part: Part) -> Iterator[str]:
    path = address.path(part)
    yield path
    if path.endswith("choices/assign/"):
        yield path.replace("assign", "labels")


def test_every_address_stands_in_this_test():
    named = {name for pattern, name in walk() if not ALLAUTH.match(pattern)}
    assert named == ADDRESSES.keys() | WITHOUT_SIGN_IN.keys()


@pytest.mark.parametrize("who", OF_NEWS)
def test_nothing_of_another_department_is_shown_changed_or_hinted_at(house, who):
    member = getattr(house.cast, who)
    client, known = browser(member), digest()
    for name, address in ADDRESSES.items():
        for path in with_choices(address, house.sport):
            for headers in ({}, {"HX-Request": "true"}):
                seen = ask(client, path, None, known, **headers)
                assert SPORT_WORD not in seen.text, (name, path)
                assert seen.status < 500, (name, seen.status)
                assert not seen.changed, (name, seen.changed)
                assert seen.status in {404, 403, 405} or not address.is_of_department, (name, seen.status)
            for form in address.forms(house.sport):
                done = ask(client, path, form, known, **{"HX-Request": "true"})
                assert SPORT_WORD not in done.text, (name, form)
                assert done.status < 500, (name, done.status)
                if address.is_of_department:
                    assert not done.changed, (name, form, done.changed)
        if not address.is_of_department:
            _leaves_sport_alone(client, address, house.sport, name)


@pytest.mark.parametrize("who", OF_NEWS)
def test_a_form_about_the_own_department_that_names_rows_of_another_does_nothing_to_them(house, who):
    client, known, before = browser(getattr(house.cast, who)), digest(), _rows_of(house.sport)
    typed = f"unlabel:{house.sport.label.name}"
    for name, address in ADDRESSES.items():
        for form in (*address.forms(house.sport), *CROSSED.get(name, lambda part: [])(house.sport)):
            if form.get("verb") == typed:
                continue
            if "ids" in form:
                form["ids"] = [house.news.conversation.pk]
            done = ask(client, address.path(house.news), form, known, **{"HX-Request": "true"})
            assert SPORT_WORD not in done.text, (name, form)
            assert done.status < 500, (name, form, done.status)
            with transaction.atomic():
                with written() as writes:
                    client.post(address.path(house.news), form)
                if writes:
                    assert _rows_of(house.sport) == before, (name, form)
                    assert SPORT_WORD not in ask(client, address.path(house.news), None, known).text, (name, form)
                    assert SPORT_WORD not in client.get(f"/inbox/{house.news.conversation.pk}/").content.decode()
                transaction.set_rollback(True)


CROSSED: dict[str, Callable[[Part], list[dict[str, Any]]]] = {
    "inbox-bulk": lambda part: [
        {"verb": verb, "ids": [1]} for verb in (f"assign:{part.person.pk}", f"move:{part.department.pk}")
    ],
    "inbox-assign": lambda part: [{"assignee": part.person.pk}, {"department": part.department.pk}],
    "inbox-labels": lambda part: [{"labels": [part.label.pk]}],
    "inbox-reply": lambda part: [{"text": "We answer.", "item": part.item.pk}],
    "inbox-note": lambda part: [{"text": f"@{part.person.name.split()[0]} look"}],
    "inbox-view-save": lambda part: [{"name": "x", "q": "", "shared": "1"}],
    "post-save": lambda part: [
        {"text": "Ours", "channels": [part.publication.channel_id], **_on(part)},
        {"text": "Ours", "media": json.dumps([{"asset": part.asset.pk}])},
    ],
    "post-cards": lambda part: [
        {"text": "Ours", "channels": [part.publication.channel_id], **_on(part)},
        {"text": "Ours", "media": json.dumps([{"asset": part.asset.pk}])},
    ],
    "asset-folders": lambda part: [{"name": "Ours", "parent": part.folder.pk}],
    "asset-folder-do": lambda part: [{"verb": "move", "parent": part.folder.pk}],
    "asset-plain": lambda part: [{"folder": part.folder.pk}, {"asset": part.asset.pk}],
    "asset-arrive": lambda part: [{"folder": part.folder.pk}, {"asset": part.asset.pk}],
    "asset-save": lambda part: [{"title": "Ours", "folder": part.folder.pk}],
    "asset-do": lambda part: [{"verb": "again", "number": part.made.pk}],
    "asset-rights": lambda part: [
        {"kind": "right", "holder": "Ada", "document": part.asset.pk},
        {"kind": "right", "holder": "Ada", "channels": [part.channel.pk]},
    ],
}


def _on(part: Part) -> dict[str, str]:
    return {f"v-{part.publication.channel_id}": "1"}


def _leaves_sport_alone(client: Client, address: Address, sport: Part, name: str) -> None:
    """Forms that name something of Sport at an address of everybody's."""
    before = _rows_of(sport)
    for form in address.forms(sport):
        with transaction.atomic():
            with written() as writes:
                client.post(address.path(sport), form)
            assert not writes or _rows_of(sport) == before, (name, form)
            transaction.set_rollback(True)


def _rows_of(part: Part) -> list[dict[str, Any]]:
    """All that is Sport's, but for the trail and the events, which grow."""
    rows = (
        part.department, part.person, part.other, part.channel, part.conversation, part.item, part.published, part.label,
        part.note, part.own_view, part.shared_view, part.invitation, part.effect, part.own_job, part.channel_job,
        part.query, part.story, part.file, part.room, part.line, part.task, part.held, part.comparison,
        part.annotation, part.rule, part.episode, part.route, part.post, part.comment, part.planned, part.publication,
        part.asked, part.out,
        part.event, part.feed, part.link, part.queue, part.slot, part.entry, part.campaign, part.pillar, part.table,
        part.evergreen, part.pick,
    )  # fmt: skip
    found = [type(row).objects.filter(pk=row.pk).values().first() for row in rows]
    for relation in (
        part.conversation.labellings, part.conversation.notes, part.conversation.drafts, part.conversation.presences,
        part.item.decisions, part.item.effects, part.department.memberships, part.department.channels,
        part.file.evidence, part.file.answers, part.room.log, part.room.lines, part.room.tasks, part.comparison.sides,
        part.post.variants, part.post.versions, part.post.comments, part.post.publications,
        part.asked.votes, part.asked.links, part.out.numbers, part.out.edits, part.queue.slots, part.queue.entries,
        part.table.rows, part.evergreen.picks,
    ):  # fmt: skip
        found.extend(relation.order_by("pk").values())
    return found


@pytest.mark.parametrize("who", sorted(ALL))
def test_each_role_may_do_what_the_table_says_and_no_more(house, who):
    client, known = browser(getattr(house.cast, who)), digest()
    for name, address in ADDRESSES.items():
        for path in with_choices(address, house.news):
            seen = ask(client, path, None, known)
            if who in address.readers:
                assert seen.status in {200, 302}, (name, seen.status)
            else:
                assert seen.status in {403, 404, 405}, (name, seen.status)
            assert not seen.changed, (name, seen.changed)
        for form in address.forms(house.news):
            done = ask(client, address.path(house.news), form, known)
            if who not in address.writers:
                assert not done.changed, (name, form, done.changed)
                is_a_page = done.status == 200 and who in address.readers  # of which a form means nothing
                assert is_a_page or done.status in {302, 403, 404, 405, 409, 422}, (name, form, done.status)
            else:
                assert done.status in {200, 204, 302}, (name, form, done.status)
                assert done.changed or not address.changes, (name, form)


_ONES_OWN = {
    "orgs_noticeroute",
    "orgs_notice",
    "orgs_member",
    "jobs_job",
    "jobs_liveevent",
    "inbox_savedview",
    "orgs_auditentry",
    "orgs_audithead",
    "publishing_calendarlink",
}


@pytest.mark.parametrize("who", ["anonymous", "deactivated", "without a role"])
def test_who_is_not_signed_in_or_has_no_role_sees_and_changes_nothing(house, who):
    member = None if who == "anonymous" else house.cast.camille
    client = browser(member)
    if who == "deactivated":
        Member.objects.filter(pk=member.pk).update(is_active=False)
    if who == "without a role":
        member.memberships.all().delete()
    known = digest()
    for name, address in ADDRESSES.items():
        mine = who == "without a role" and (
            name in ("inbox-job", "calendar-link-revoke") or not address.is_of_department
        )
        for path in with_choices(address, house.news):
            for form in (None, *address.forms(house.news)):
                seen = ask(client, path, form, known)
                assert seen.status < 500, (name, seen.status)
                assert NEWS_WORD not in seen.text.replace(f"My {NEWS_WORD}", ""), (name, form)  # a view of one's own
                assert not seen.changed - (_ONES_OWN if mine else set()), (name, form, seen.changed)
                if who != "without a role":
                    assert seen.status in {302, 403, 405}, (name, seen.status)


@pytest.mark.parametrize("who", ["anonymous", "conrad"])
def test_pages_of_the_library_never_break_and_tell_nothing(house, who):
    member = None if who == "anonymous" else house.cast.conrad
    client, known = browser(member), digest()
    for path in (*LIBRARY, *WITHOUT_SIGN_IN.values()):
        for form in (None, {}, {"email": house.cast.sam.email, "login": house.cast.sam.email, "password": "x"}):
            if form is not None and "logout" in path:
                continue
            seen = ask(client, path, form, known)
            assert seen.status < 500, (path, form, seen.status)
            assert SPORT_WORD not in seen.text, path


def test_every_form_needs_its_token(house):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(house.cast.olive, backend="parvis.orgs.asking.Backend")
    known = digest()
    paths = [address.path(house.news) for address in ADDRESSES.values()]
    for path in (*paths, *LIBRARY, *WITHOUT_SIGN_IN.values()):
        refused = ask(client, path, {}, known)
        assert refused.status == 403 or not _takes_forms(path), (path, refused.status)
        assert not refused.changed, path


def _takes_forms(path: str) -> bool:
    """False where an answer to POST is a redirect alone; and where programs post, who sign what they send."""
    return not path.startswith(("/accounts/", "/hooks/"))


@pytest.mark.parametrize(
    "asked",
    [
        SPORT_WORD, f'"Held words of {SPORT_WORD}"', f'author:"Author {SPORT_WORD}"', f'label:"Label {SPORT_WORD}"',
        f'channel:"Site {SPORT_WORD}"', f'department:"Sport {SPORT_WORD}"', f'assignee:"Sam {SPORT_WORD}"',
        f"-{SPORT_WORD}", "Zebrafin*", "label:zebrafinc", "channel:zebrafinc", "assignee:sam", "assignee:zebrafinc",
        "department:sport", "author:zebrafinc", "platform:wordpress", "is:held", "-is:held", "",
    ],
)  # fmt: skip
def test_a_search_for_words_of_another_department_finds_nothing_and_tells_nothing(house, asked):
    for who in OF_NEWS:
        client = browser(getattr(house.cast, who))
        for part in ("", "rows"):
            html = client.get("/inbox/", {"q": asked, "part": part}, headers={"HX-Request": "true"}).content.decode()
            assert f"Public words of {SPORT_WORD}" not in html
            assert f"/inbox/{house.sport.conversation.pk}/" not in html
            if SPORT_WORD not in asked:
                assert SPORT_WORD not in html, (who, asked)


@pytest.mark.django_db(transaction=True)
def test_a_stream_tells_of_the_own_departments_alone(house):
    LiveEvent.objects.all().delete()
    for one in (house.news, house.sport):
        for kind in ("conversation", "presence", "effect", "channel", "note"):
            tell(kind, now=MONDAY, department_id=one.department.pk, subject_id=one.conversation.pk + 1_000_000)
        tell("note", now=MONDAY, member_id=one.person.pk, subject_id=one.conversation.pk + 2_000_000)
        tell("job", now=MONDAY, member_id=one.person.pk, facts={"job": str(one.own_job.pk)})
    events = list(LiveEvent.objects.order_by("id"))
    for who in OF_NEWS:
        listener = listener_of(_session_key(getattr(house.cast, who)))
        heard = _heard(listener, events)
        assert str(house.news.conversation.pk + 1_000_000) in heard
        assert str(house.sport.conversation.pk + 1_000_000) not in heard
        assert str(house.sport.conversation.pk + 2_000_000) not in heard
        assert str(house.sport.own_job.pk) not in heard


def _session_key(member: Member) -> str:
    return browser(member).session.session_key


def _heard(listener: Listener | None, events: list[LiveEvent]) -> str:
    assert listener is not None
    return compose([event for event in events if listener.may_hear(event)])


@pytest.mark.django_db(transaction=True)
def test_nobody_listens_who_is_not_active(house):
    key = _session_key(house.cast.camille)
    Member.objects.filter(pk=house.cast.camille.pk).update(is_active=False)
    assert listener_of(key) is None
    assert listener_of("nonsense") is None

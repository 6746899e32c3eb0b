"""What is out is read back: confirmed, or said in words where it differs; and found missing where somebody took it down.

One row a publication tells when it is looked at next. The connector reads the one post where it can; else it is
compared with what reading the channel has brought.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parvis.channels.intake import take_in_payloads
from parvis.channels.models import Channel, ChannelState, Effect, EffectState, Item
from parvis.channels.registry import connector_of
from parvis.core.connector import Can, Looked, Target
from parvis.core.errors import ParvisError, RemoteGone
from parvis.core.types import Kind, Status
from parvis.jobs.backoff import backoff_s
from parvis.jobs.claim import claim, release
from parvis.orgs.notices.writing import Message, readers_of, write_notices
from parvis.publishing.changing import note_publications, tell_of_publications
from parvis.publishing.comparing import Difference, differences
from parvis.publishing.models import Publication, PublicationState, ReadBack
from parvis.publishing.numbers import keep_numbers, replies_here
from parvis.publishing.watching import next_look
from parvis.publishing.withdrawing import OPEN_STATES, is_leaving_again, seen_parts
from parvis.publishing.written import as_content

LEASE_S = 120.0
FIRST_RETRY_S = 120.0
MOST_FAILURES = 8
WATCHED_FOR = timedelta(days=30)
"""How long what somebody takes down over there is noticed."""

_log = logging.getLogger("parvis.publish")


@dataclass(frozen=True, slots=True)
class Look:
    """One post to be looked at: `target` None where its connector reads no single post."""

    row: ReadBack
    publication: Publication
    channel: Channel
    target: Target | None


def claim_looks(*, worker: str, now: datetime, limit: int) -> list[Look]:
    """What is due, one a channel at a time: sending comes first, and asks for its own pace."""
    due = ReadBack.objects.filter(next_at__lte=now, publication__state=PublicationState.DONE)
    due = due.filter(
        Q(publication__channel__next_send_at__isnull=True) | Q(publication__channel__next_send_at__lte=now),
        publication__channel__state=ChannelState.ACTIVE, publication__channel__removed_at__isnull=True,
    )  # fmt: skip
    rows = claim(due.order_by("next_at", "pk"), worker=worker, now=now, lease_s=LEASE_S, limit=limit)
    keys = [row.publication_id for row in rows]
    found = Publication.objects.filter(pk__in=keys).select_related("channel", "post__department", "planned_by")
    publications = {one.pk: one for one in found}
    return [_look(row, publications[row.publication_id]) for row in rows]


def _look(row: ReadBack, publication: Publication) -> Look:
    channel = publication.channel
    target = None
    try:
        reads = connector_of(channel).look is not None
    except ParvisError:
        reads = False
    if reads and publication.remote_id:
        target = Target(remote_id=publication.remote_id, kind=Kind.ARTICLE, url=publication.url)
    return Look(row, publication, channel, target)


def record_look(look: Look, looked: Looked | None, *, now: datetime) -> None:
    """What was found there, or (None) what is known from reading the channel."""
    if looked is not None and looked.payloads:
        take_in_payloads(look.channel, looked.payloads, now=now)
    with transaction.atomic():
        publication, row = look.publication, look.row
        numbers = dict(looked.numbers) if looked is not None else {}
        if "replies" not in numbers and (count := replies_here(publication)) is not None:
            numbers["replies"] = count
        if not release(row, **_after(publication, row, now=now)):
            return
        keep_numbers(publication, numbers, now=now)
        tell_of_publications([publication], now=now)


def _after(publication: Publication, row: ReadBack, *, now: datetime) -> dict[str, Any]:
    """The row's new values; who planned it is told where it is still not as it was meant at the second look."""
    changes: dict[str, Any] = {
        "looked_at": now, "look_count": row.look_count + 1, "failure_count": 0, "error": None,
        "next_at": next_look(publication.done_at or now, now=now),
    }  # fmt: skip
    found = compare(publication)
    if found is None:
        return changes
    changes["differences"] = [one.facts for one in found]
    if not found and row.confirmed_at is None:
        changes["confirmed_at"] = now
        note_publications([publication], None, "publication.confirm", now=now)
    if found and row.look_count == 1:
        _tell(publication, "publication.differs", partial(_differs_words, publication, found), now=now)
    return changes


def compare(publication: Publication) -> list[Difference] | None:
    """None where nothing of it has come in yet, or a change of it is under way."""
    effects = list(Effect.objects.filter(chain=publication.key).order_by("step", "pk"))
    if is_leaving_again(effects) or any(one.can == Can.EDIT and one.state in OPEN_STATES for one in effects):
        return None
    ids = {one.result_remote_id: one.name for one in seen_parts(effects) if one.result_remote_id}
    if publication.remote_id:
        ids.setdefault(publication.remote_id, "post")
    rows = Item.objects.filter(channel=publication.channel_id, remote_id__in=list(ids))
    items = {ids[item.remote_id]: item for item in rows.exclude(remote_status=Status.DELETED)}
    if "post" not in items:
        return None
    return differences(as_content(publication.content), items, connector_of(publication.channel))


def record_gone(look: Look, *, now: datetime) -> None:
    """The platform says that it is not there."""
    with transaction.atomic():
        later = now + timedelta(seconds=FIRST_RETRY_S)  # where it is we who take it down, and have yet to know
        if release(look.row, looked_at=now, look_count=look.row.look_count + 1, next_at=later):
            _gone([look.publication], now=now)


def record_look_failed(look: Look, error: ParvisError, *, now: datetime) -> None:
    """Later again; after some times only when its next figures are due."""
    failures = look.row.failure_count + 1
    if isinstance(error, RemoteGone):
        record_gone(look, now=now)
        return
    wait_s = backoff_s(failures, retry_after_s=error.retry_after_s, first_s=FIRST_RETRY_S)
    again: datetime | None = now + timedelta(seconds=wait_s)
    if failures >= MOST_FAILURES:
        again, failures = next_look(look.publication.done_at or now, now=now), 0
    release(look.row, next_at=again, failure_count=failures, error=dict(error.facts))


def notice_gone(*, now: datetime, limit: int = 200) -> int:
    """What reading its channel has shown to be taken down there, by nobody here; how many."""
    deleted = Item.objects.filter(
        channel=OuterRef("publication__channel"), remote_id=OuterRef("publication__remote_id"),
        remote_status__in=[Status.DELETED, Status.TRASHED],
    )  # fmt: skip
    rows = ReadBack.objects.filter(
        gone_at__isnull=True, publication__state=PublicationState.DONE, publication__done_at__gte=now - WATCHED_FOR
    )
    keys = list(
        rows.exclude(publication__remote_id="").filter(Exists(deleted)).values_list("publication", flat=True)[:limit]
    )
    if not keys:
        return 0
    with transaction.atomic():
        found = Publication.objects.filter(pk__in=keys, state=PublicationState.DONE)
        found = found.select_related("channel", "post__department", "planned_by").order_by("pk")
        return _gone(list(found.select_for_update(of=("self",), no_key=True)), now=now)


def _gone(publications: Sequence[Publication], *, now: datetime) -> int:
    """Unless it is we who take them down."""
    chains = [one.key for one in publications]
    ours = Effect.objects.filter(chain__in=chains, can=Can.WITHDRAW).exclude(state=EffectState.CANCELLED)
    mine = set(ours.values_list("chain", flat=True))
    fresh = [one for one in publications if one.key not in mine]
    rows = ReadBack.objects.filter(publication__in=[one.pk for one in fresh], gone_at__isnull=True)
    new = set(rows.values_list("publication", flat=True))
    rows.update(gone_at=now, next_at=None)
    told = [one for one in fresh if one.pk in new]
    note_publications(told, None, "publication.gone", now=now)
    for one in told:
        Item.objects.filter(channel=one.channel_id, remote_id=one.remote_id).exclude(
            remote_status__in=[Status.DELETED, Status.TRASHED]
        ).update(status=Status.DELETED, remote_status=Status.DELETED, is_routed=False)
        _tell(one, "publication.gone", partial(_gone_words, one), now=now)
    return len(told)


def _tell(publication: Publication, kind: str, words: Any, *, now: datetime) -> None:
    write_notices(
        readers_of([publication.planned_by]), words, kind=kind, subject="post", subject_key=publication.post_id,
        now=now, department=publication.post.department, is_restricted=True,
    )  # fmt: skip


def _gone_words(publication: Publication) -> Message:
    title = _("“{title}” is no longer on {channel}").format(
        title=publication.post.title, channel=publication.channel.name
    )
    text = _("Somebody has taken it down there; it was not done from here.")
    return Message(title=title, text=text, path=f"/publish/{publication.post_id}/")


def _differs_words(publication: Publication, found: Sequence[Difference]) -> Message:
    language = get_language() or "en"
    title = _("“{title}” does not stand on {channel} as it was meant").format(
        title=publication.post.title, channel=publication.channel.name
    )
    text = "\n".join(one.words.in_language(language) for one in found)
    return Message(title=title, text=text, path=f"/publish/{publication.post_id}/")

"""A publication is where its effects are: worked out from all of them, each time one has moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parvis.channels.models import Effect, EffectState
from parvis.core.connector import Can
from parvis.core.wording import Text
from parvis.jobs.rows import update_rows
from parvis.jobs.steps import at
from parvis.orgs.notices.writing import Message, readers_of, write_notices
from parvis.publishing.changing import (
    locked_effects,
    note_publications,
    settle_posts,
    tell_of_publications,
)
from parvis.publishing.editing import settle_edits
from parvis.publishing.models import PUBLICATION_TRANSITIONS, Post, Publication, PublicationState
from parvis.publishing.stopping import stop_parts
from parvis.publishing.watching import look_again, stop_watching, watch
from parvis.publishing.withdrawing import gone_parts, is_leaving_again, is_taken_down, mark_gone

_OPEN = (EffectState.WAITING, EffectState.SENDING, EffectState.UNSURE, EffectState.REPLACED)
_ACTIONS = {
    PublicationState.DONE: "publication.done",
    PublicationState.NEEDS_PERSON: "publication.needs_person",
    PublicationState.CANCELLED: "publication.cancel",
    PublicationState.WITHDRAWN: "publication.withdrawn",
}
_AFTERWARDS = (Can.EDIT, Can.WITHDRAW)
_FOLLOWED = ("state", "error", "remote_id", "url", "held_by", "done_at")
NOT_WHOLE = Text("only a part of it was sent", "une partie seulement en est partie")
STILL_THERE = Text("a part of it is still there", "une partie en est encore visible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a publication is, by its parts."""

    state: PublicationState
    error: Mapping[str, str] | None = None
    remote_id: str = ""
    url: str = ""


def follow(*, now: datetime, limit: int = 1000) -> int:
    """Publications learn where their effects are; how many effects that were. Any number of workers may."""
    rows = Effect.objects.filter(is_followed=False).order_by("id").values_list("pk", "chain")
    moved = list(rows[:limit])
    if not moved:
        return 0
    with transaction.atomic():
        count = _follow({chain for _key, chain in moved if chain is not None}, now=now)
        strays = [key for key, chain in moved if chain is None]
        count += Effect.objects.filter(pk__in=strays).update(is_followed=True)
        at("publish.following")
    return count


def _follow(chains: set[Any], *, now: datetime) -> int:
    rows = Publication.objects.filter(key__in=chains).select_related("channel", "post", "planned_by")
    rows = rows.select_for_update(of=("self", "post"), skip_locked=True, no_key=True)
    publications = list(rows.order_by("pk"))
    effects = locked_effects(publications)
    restate(publications, effects, now=now)
    settle_posts(list({one.post_id: one.post for one in publications}.values()), now=now)
    known = set(Publication.objects.filter(key__in=chains).values_list("key", flat=True))
    handled = [*effects, *(chains - known)]
    return Effect.objects.filter(chain__in=handled, is_followed=False).update(is_followed=True)


def restate(
    publications: Sequence[Publication],
    effects: Mapping[Any, Sequence[Effect]],
    *,
    now: datetime,
    keeps_held: bool = True,
) -> None:
    """Moves each to where its parts are; the caller holds both. `keeps_held`: what a person holds stays held."""
    changed: list[Publication] = []
    arrived: list[Publication] = []
    moved: dict[PublicationState, list[Publication]] = {}
    for publication in publications:
        before, parts = publication.state, effects.get(publication.key, ())
        if not parts or publication.state in PUBLICATION_TRANSITIONS.final:
            continue
        if before == PublicationState.HELD and keeps_held:
            stop_parts(parts, now=now)
        was_done = publication.done_at is not None
        if _take_over(publication, stand_of(parts), keeps_held=keeps_held, now=now):
            changed.append(publication)
        if publication.state == PublicationState.DONE and not was_done:
            arrived.append(publication)
        if publication.state != before:
            moved.setdefault(PublicationState(publication.state), []).append(publication)
    update_rows(Publication, _FOLLOWED, [[*(getattr(one, name) for name in _FOLLOWED), one.pk] for one in changed])
    watch(arrived, now=now)
    _take_down(moved.get(PublicationState.WITHDRAWN, ()), effects, now=now)
    look_again(settle_edits(publications, effects, now=now), now=now)
    _say(moved, arrived, now=now)


def _take_down(gone: Sequence[Publication], effects: Mapping[Any, Sequence[Effect]], *, now: datetime) -> None:
    for publication in gone:
        mark_gone(publication, effects[publication.key], now=now)
    stop_watching(gone)


def _say(
    moved: Mapping[PublicationState, Sequence[Publication]], arrived: Sequence[Publication], *, now: datetime
) -> None:
    """The trail, open pages and people learn of it; that one is there is said once."""
    for state, rows in moved.items():
        fresh = [one for one in rows if one in arrived or state != PublicationState.DONE] if state in _ACTIONS else []
        if fresh:
            note_publications(fresh, None, _ACTIONS[state], now=now, facts=_facts(fresh, state))
        tell_of_publications([one for one in rows if one not in fresh], now=now)
        if state == PublicationState.NEEDS_PERSON:
            call_for_person(rows, now=now)


def stand_of(parts: Sequence[Effect]) -> Stand:
    """By all effects of one chain."""
    stuck = [one for one in parts if one.state == EffectState.NEEDS_PERSON]
    first = min((one for one in parts if one.can == Can.PUBLISH), key=lambda one: (one.step, one.pk), default=None)
    is_there = first is not None and first.state == EffectState.DONE
    remote_id, url = (first.result_remote_id, first.result_url) if first is not None and is_there else ("", "")
    if stuck:
        worst = min(stuck, key=lambda one: (one.step, one.pk))
        return Stand(state=PublicationState.NEEDS_PERSON, error=worst.error, remote_id=remote_id, url=url)
    sent = [one for one in parts if one.can not in _AFTERWARDS]
    done = [one for one in sent if one.state == EffectState.DONE]
    if any(one.state in _OPEN for one in sent):
        return Stand(state=PublicationState.RELEASED, remote_id=remote_id, url=url)
    if not any(one.can == Can.PUBLISH for one in done):
        return Stand(state=PublicationState.CANCELLED)
    if is_taken_down(parts):
        return Stand(state=PublicationState.WITHDRAWN, remote_id=remote_id, url=url)
    is_half_gone = bool(gone_parts(parts)) and not is_leaving_again(parts)
    words = ("still_there", STILL_THERE) if is_half_gone else ("not_whole", NOT_WHOLE)
    is_whole = len(done) == len(sent) and not is_half_gone
    error = None if is_whole else {"code": words[0], "en": words[1].en, "fr": words[1].fr}
    return Stand(state=PublicationState.DONE, error=error, remote_id=remote_id, url=url)


def _take_over(publication: Publication, stand: Stand, *, keeps_held: bool, now: datetime) -> bool:
    """Whether anything about it changed; it is the caller's to write."""
    state = stand.state
    is_whole = state == PublicationState.DONE and stand.error is None
    if publication.state == PublicationState.HELD and keeps_held and not is_whole:
        state = PublicationState.HELD
    after: dict[str, Any] = {
        "state": state, "error": stand.error, "remote_id": stand.remote_id or publication.remote_id,
        "url": stand.url or publication.url, "held_by": publication.held_by if state == PublicationState.HELD else "",
    }  # fmt: skip
    if state == PublicationState.DONE and publication.done_at is None:
        after["done_at"] = now
    changes = {name: value for name, value in after.items() if getattr(publication, name) != value}
    if not changes:
        return False
    if "state" in changes and not PUBLICATION_TRANSITIONS.allowed(PublicationState(publication.state), state):
        return False
    for name, value in changes.items():
        setattr(publication, name, value)
    return True


def call_for_person(publications: Iterable[Publication], *, now: datetime) -> None:
    """Who planned it is told that it did not leave by itself; once a post, however many channels."""
    by_post: dict[int, list[Publication]] = {}
    for publication in publications:
        by_post.setdefault(publication.post_id, []).append(publication)
    for rows in by_post.values():
        first = rows[0]
        write_notices(
            readers_of([first.planned_by]), partial(_message, rows), kind="publication.needs_person",
            subject="post", subject_key=first.post_id, now=now, department=first.post.department, is_restricted=True,
        )  # fmt: skip


def _message(publications: Sequence[Publication]) -> Message:
    post: Post = publications[0].post
    language = "fr" if (get_language() or "").startswith("fr") else "en"
    lines = [f"{one.channel.name}: {(one.error or {}).get(language, '')}" for one in publications]
    title = _("“{title}” has not left everywhere: it needs you").format(title=post.title)
    return Message(title=title, text="\n".join(lines))


def _facts(publications: Sequence[Publication], state: PublicationState) -> dict[str, Any]:
    error = publications[0].error if state == PublicationState.NEEDS_PERSON else None
    return {"error": error["code"]} if error else {}

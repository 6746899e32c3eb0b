"""What the people of the demonstration have done: assigned, labelled, noted, decided, saved, and what got stuck."""

import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from random import Random

from django.db import transaction

from parvis.channels.models import Channel, Effect, EffectState, Envelope, EnvelopeState, Item, Profile
from parvis.core.connector import Can
from parvis.core.types import Status
from parvis.flows.demo.people import Company
from parvis.flows.demo.texts import NOTES
from parvis.inbox.models import Conversation, ConversationState, Draft, Label, Labelling, SavedView
from parvis.inbox.services import assign, set_priority, write_note
from parvis.moderation.models import Decision, Reason, Verdict
from parvis.orgs.models import Member

LABELS = (
    ("Redevance", "blue"), ("Programmes", "green"), ("Technique", "amber"), ("Erreur signalée", "red"),
    ("Merci", "green"), ("Débat", "violet"), ("À suivre", "blue"), ("Juridique", "red"), ("Accessibilité", "amber"),
    ("Votation", "violet"), ("Festival", "grey"), ("Presse", "grey"),
)  # fmt: skip
VIEWS = (
    ("À traiter", "state:open"),
    ("En attente", "is:held"),
    ("À moi", "is:mine -state:done"),
    ("Sans réponse", "is:unanswered state:open"),
    ("Personne", "assignee:nobody state:open"),
    ("Urgent", "priority:urgent -state:done"),
    ("Liens", "has:link state:open"),
    ("Anglais", "lang:en state:open"),
)
LABELLED_SHARE = 0.12
MOST_DONE_BY_HAND = 40
"""Conversations in which people act through the services, so that their history is real."""


def bring_to_life(company: Company, *, now: datetime, seed: int) -> None:
    chance = Random(seed + 1)  # noqa: S311 - a demonstration
    with transaction.atomic():
        _stick_labels(chance)
        _save_views(now=now)
    _work(company, chance, now=now)
    with transaction.atomic():
        _decide_in_the_past(company, chance, now=now)
        _get_stuck(company, now=now)
        _drift(company.channels[8], now=now)


def _stick_labels(chance: Random) -> None:
    labels = Label.objects.bulk_create(Label(name=name, colour=colour) for name, colour in LABELS)
    keys = iter(list(Conversation.objects.order_by("id").values_list("id", flat=True)))
    chosen = (
        Labelling(conversation_id=key, label=labels[int(chance.random() ** 2 * len(labels))])
        for key in keys
        if chance.random() < LABELLED_SHARE
    )
    while chunk := list(islice(chosen, 5000)):
        Labelling.objects.bulk_create(chunk, batch_size=1000)


def _save_views(*, now: datetime) -> None:
    SavedView.objects.bulk_create(
        SavedView(name=name, query=query, position=position, created_at=now)
        for position, (name, query) in enumerate(VIEWS)
    )


@dataclass(frozen=True, slots=True)
class _Deed:
    """Something that a person did at a moment of the last hours."""

    at: datetime
    do: Callable[..., object]


def _work(company: Company, chance: Random, *, now: datetime) -> None:
    """What everybody did, one after another as in life: the trail and the mentions stand in the order of time."""
    deeds = [
        deed
        for department in company.departments
        for deed in _deeds(company, department.pk, company.staff_of(department), chance, now=now)
    ]
    for deed in sorted(deeds, key=lambda one: one.at):
        deed.do(now=deed.at)


def _deeds(
    company: Company, department_id: int, staff: Sequence[Member], chance: Random, *, now: datetime
) -> Iterator[_Deed]:
    """The newest conversations of a department pass through its people's hands."""
    if not staff:
        return
    rows = Conversation.objects.filter(department=department_id).exclude(state=ConversationState.DONE)
    share = max(MOST_DONE_BY_HAND // len(company.departments), 3)
    for number, conversation in enumerate(rows.order_by("-last_activity_at")[:share]):
        person = staff[number % len(staff)]
        at = now - timedelta(minutes=5 + int(chance.random() * 600))
        if number % 3 == 0:
            yield _Deed(at, partial(assign, conversation, company.owner, to=person))
        if number % 4 == 1:
            yield _Deed(at, partial(set_priority, conversation, person, chance.choice((-1, 1, 2))))
        if number % 2 == 0:
            note = chance.choice(NOTES)
            text = f"@{company.owner.name} {note}" if number % 6 == 0 else note
            yield _Deed(at, partial(write_note, conversation, person, text))
        if number == 1:
            yield _Deed(at, partial(_begin_answer, conversation, person))


def _begin_answer(conversation: Conversation, person: Member, *, now: datetime) -> None:
    Draft.objects.create(
        conversation=conversation, member=person, kind="reply", text="Bonjour, merci de ", updated_at=now
    )


def _decide_in_the_past(company: Company, chance: Random, *, now: datetime) -> None:
    """Verdicts on what lies in the trash, with their reasons and orders long done."""
    reasons = list(Reason.objects.all())
    refused = Item.objects.filter(status__in=[Status.TRASHED, Status.SPAM]).order_by("-id")[:200]
    for item in refused:
        staff = [member for member in company.members if member.pk % 3 == item.pk % 3] or company.members
        is_spam = item.status == Status.SPAM
        at = min(item.received_at + timedelta(minutes=9), now)
        effect = _order(item, Can.SPAM if is_spam else Can.TRASH, staff[0], at=at, state=EffectState.DONE)
        Decision.objects.create(
            item=item,
            member=staff[0],
            verdict=Verdict.SPAM if is_spam else Verdict.REFUSE,
            reason=None if is_spam else chance.choice(reasons),
            effect=effect,
            previous_status=Status.PUBLISHED,
            decided_at=at,
        )
    keys = [item.profile_id for item in refused if item.profile_id is not None]
    for profile in Profile.objects.filter(pk__in=keys):
        profile.refused_count = keys.count(profile.pk)
        profile.save(update_fields=["refused_count"])


def _order(item: Item, can: Can, member: Member, *, at: datetime, state: str, **fields: object) -> Effect:
    is_over = state in {EffectState.DONE, EffectState.CANCELLED}
    return Effect.objects.create(
        channel_id=item.channel_id,
        department_id=item.department_id,
        item=item,
        can=can,
        state=state,
        created_by=member,
        created_at=at,
        batch=uuid.uuid4(),
        next_try_at=at,
        try_count=1,
        finished_at=at if is_over else None,
        **fields,
    )


def _get_stuck(company: Company, *, now: datetime) -> None:
    """Orders that a platform refused: somebody must look."""
    error = {
        "code": "right_missing",
        "en": "The account at www.demo-actu.example may not do this: moderate comments.",
        "fr": "Le compte sur www.demo-actu.example n’a pas ce droit : modérer les commentaires.",
    }
    held = Item.objects.filter(status=Status.HELD).order_by("-id")[:3]
    for number, item in enumerate(held):
        at = now - timedelta(minutes=20 + number)
        can, text = (Can.REPLY, "Bonjour, merci de votre message.") if number == 2 else (Can.APPROVE, "")
        _order(item, can, company.owner, at=at, state=EffectState.NEEDS_PERSON, error=error, text=text)


def _drift(channel: Channel, *, now: datetime) -> None:
    """Payloads that nobody could read, kept."""
    for number in range(3):
        body = f'{{"id": {number}, "content": null}}'.encode()
        Envelope.objects.create(
            channel=channel,
            endpoint="comments",
            url=f"{channel.address}wp-json/wp/v2/comments?page={number + 1}",
            content_type="application/json",
            connector_version=1,
            packed_body=zlib.compress(body),
            size_bytes=len(body),
            hash=f"{number:064x}",
            received_at=now - timedelta(hours=number),
            seen_at=now - timedelta(hours=number),
            state=EnvelopeState.UNPARSED,
            problems=[{"where": f"comment {number}", "detail": "content is missing"}],
        )

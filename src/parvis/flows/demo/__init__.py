"""A house to look around in, clearly marked as a demonstration: the same from the same seed, of any size."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction

from parvis.channels.models import Channel, Item, Profile
from parvis.channels.search import SearchRow, add_rows, search_words
from parvis.flows.demo.lives import bring_to_life
from parvis.flows.demo.loading import Loader, indexes_built_after, measured, next_id, settle_sequences, stored_time
from parvis.flows.demo.people import Company, make_company
from parvis.flows.demo.queries import save_queries
from parvis.flows.demo.threads import CONVERSATION, ITEM, Batch, Threads
from parvis.inbox.deriving import derive, write_derived
from parvis.inbox.models import Conversation, ConversationState
from parvis.orgs.house import the_house
from parvis.orgs.models import Member

ITEMS = 2000
CHUNK = 10_000
_TABLES = ("channels_item", "inbox_conversation", "channels_profile", "channels_itemsearch")
_PROFILE = ("id", "channel_id", "remote_id", "name", "is_house", "first_seen_at")

__all__ = ["ITEMS", "Demo", "fill_demo", "fill_house"]


@dataclass(frozen=True, slots=True)
class Demo:
    company: Company
    item_count: int
    conversation_count: int


def fill_house(*, now: datetime) -> Member:
    """The owner of the demonstration that is here, filled first where nothing is.

    They enter by a sign-in link. Raises Conflict where a real house is open.
    """
    house = the_house()
    if house is None or not house.is_demo:
        return fill_demo(now=now, password=None).company.owner
    return Member.objects.filter(is_owner=True).order_by("id")[0]


def fill_demo(
    *,
    now: datetime,
    password: str | None,
    item_count: int = ITEMS,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Demo:
    """Opens the house and fills it; `progress` hears how many of how many items are there.

    Without a password people enter by links alone. Raises Conflict where a house is open already: a demonstration never mixes with the real thing.
    """
    with transaction.atomic() if item_count <= CHUNK else nullcontext():  # a small one is there whole or not at all
        demo = _fill(now=now, password=password, item_count=item_count, seed=seed, progress=progress)
    measured()
    return demo


def _fill(
    *, now: datetime, password: str | None, item_count: int, seed: int, progress: Callable[[int, int], None] | None
) -> Demo:
    with transaction.atomic():
        company = make_company(now=now, password=password)
    threads = Threads(
        company.channels,
        {department.pk: [member.pk for member in company.staff_of(department)] for department in company.departments},
        item_count=item_count,
        now=now,
        seed=seed,
        first_item_id=next_id(Item),
        first_conversation_id=next_id(Conversation),
        first_profile_id=next_id(Profile),
    )
    with indexes_built_after(*_TABLES, row_count=item_count):
        _load_profiles(threads, company.channels, now=now)
        _load_threads(threads, item_count=item_count, progress=progress)
    settle_sequences(Profile, Item, Conversation)
    _count_items(company.channels)
    bring_to_life(company, now=now, seed=seed)
    if item_count <= CHUNK:  # a large one is filled to be measured
        save_queries(company, now=now)
    _say_why(everything=item_count <= CHUNK)
    return Demo(company, Item.objects.count(), Conversation.objects.count())


def _load_profiles(threads: Threads, channels: list[Channel], *, now: datetime) -> None:
    loader, at = Loader(Profile, _PROFILE), stored_time(now)
    rows = threads.profiles(channels)
    while chunk := [(*row, at) for row in islice(rows, CHUNK)]:
        loader.load(chunk)


def _load_threads(threads: Threads, *, item_count: int, progress: Callable[[int, int], None] | None) -> None:
    items, conversations = Loader(Item, ITEM), Loader(Conversation, CONVERSATION)
    done = 0
    written: dict[int, int] = {}
    for batch in threads.batches(min(CHUNK, item_count)):
        with transaction.atomic():
            items.load(batch.items)
            conversations.load(batch.conversations)
            _make_findable(batch)
        done += len(batch.items)
        written = batch.written
        if progress is not None:
            progress(done, item_count)
    _write_counts(written)


def _make_findable(batch: Batch) -> None:
    add_rows(
        [
            SearchRow(key, department_id, search_words(title, text, author))
            for key, department_id, title, text, author in batch.words
        ]
    )


def _write_counts(written: dict[int, int]) -> None:
    """How much each author has written."""
    by_count: dict[int, list[int]] = {}
    for key, count in written.items():
        by_count.setdefault(count, []).append(key)
    with transaction.atomic():
        for count, keys in by_count.items():
            for start in range(0, len(keys), CHUNK):
                Profile.objects.filter(pk__in=keys[start : start + CHUNK]).update(item_count=count)


def _count_items(channels: list[Channel]) -> None:
    for channel in channels:
        channel.item_count = Item.objects.filter(channel=channel).count()
        channel.save(update_fields=["item_count"])


def _say_why(*, everything: bool) -> None:
    """Why each conversation is here; in a large house only where somebody still looks."""
    rows = Conversation.objects.all() if everything else Conversation.objects.filter(state=ConversationState.OPEN)
    pairs = iter(list(rows.values_list("root_id", "id")))
    while chunk := dict(islice(pairs, 1000)):
        with transaction.atomic():
            write_derived({chunk[root]: found for root, found in derive(chunk).items()})

"""The inbox finds by any query what the naive evaluator says of each conversation's items, on both databases."""

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import cycle, islice
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.channels import candidates, search
from parvis.channels.models import Item
from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import parse_query, print_query
from parvis.core.query.document import Document
from parvis.core.query.naive import holds
from parvis.inbox import looking
from parvis.inbox.filters import chips, compile_filter, slow_reason
from parvis.inbox.models import Conversation, Label, Labelling, Priority
from parvis.inbox.queries import conversation_page, count_all, ids_after, neighbours, view_counts
from parvis.inbox.rows import ViewRow
from parvis.orgs.house import house_zone
from parvis.testing.factories import (
    make_channel,
    make_conversation,
    make_department,
    make_item,
    make_member,
    make_profile,
)
from parvis.testing.heard import put_items
from parvis.testing.queries import NAMES, NOW, documents, queries

EXAMPLES = 12
QUERIES = 50
DRAWN = 36
CONVERSATIONS = 84
"""12 × 50 × 84 = 50,400 pairs of a query and a conversation on each database, of two items on average."""
HANDLES = {"": "", "Camille": "", "Émile Dupont": "emile.dupont", "RTS Info": "@rts_info@social.ch"}


@dataclass
class House:
    """Conversations with what the language knows of each of their items."""

    owner: object
    conversations: list[tuple[Conversation, list[Document]]] = field(default_factory=list)

    def truth(self, query, *, now=NOW, department=None):
        zone = house_zone()
        return {
            row.pk
            for row, items in self.conversations
            if (department is None or row.department_id == department.pk)
            and any(holds(query, one, now=now, zone=zone) for one in items)
        }

    def found(self, text, *, now=NOW, department=None, limit=500):
        """All that the filter finds, page by page; each once."""
        ids, cursor = [], None
        while True:
            some, cursor = ids_after(self.owner, text, now=now, department=department, cursor=cursor, limit=limit)
            ids += some
            if cursor is None:
                assert len(ids) == len(set(ids))
                return set(ids)


@st.composite
def threads(draw):
    """What stands in each conversation: its items, the newest last, which says what the row says."""
    drawn = draw(st.lists(documents(), min_size=DRAWN, max_size=DRAWN))
    sizes = draw(st.lists(st.sampled_from((1, 1, 2, 4)), min_size=CONVERSATIONS, max_size=CONVERSATIONS))
    some = cycle(replace(one, handle=HANDLES[one.author], hashtags=(), mentions=()) for one in drawn)
    return [list(islice(some, size)) for size in sizes]


def build_house(drawn):
    departments = [make_department(name) for name in NAMES]
    platforms = ("mastodon", "feed")
    channels = [
        make_channel(departments[at % 3], name=name, connector=platforms[at % 2]) for at, name in enumerate(NAMES)
    ]
    members = {name: make_member(name, email=f"m{at}@example.org") for at, name in enumerate(NAMES)}
    labels = {name: Label.objects.create(name=name) for name in NAMES}
    house = House(make_member("Olive", is_owner=True))
    for number, items in enumerate(drawn):
        channel = channels[number % len(channels)]
        house.conversations.append(_conversation(channel, items, members, labels, house.owner))
    return house


def _conversation(channel, items, members, labels, owner):
    row = items[-1]
    stored = put_items(channel, items, at=NOW)
    Item.objects.filter(pk__in=[one.pk for one in stored[1:]]).update(root=stored[0])
    assignee = owner if row.is_mine else members[row.assignee[0]] if row.assignee else None
    state, priority = row.state or "waiting", row.priority or "low"
    at = row.published_at or NOW - timedelta(hours=100)
    conversation = make_conversation(
        stored[0], last_item=stored[-1], last_activity_at=at, kind=row.kind or "review", state=state,
        language=row.lang[:2].lower(), has_link=bool(row.has_link), held_count=int(bool(row.is_held)),
        is_unanswered=bool(row.is_unanswered), assignee=assignee, priority=Priority[priority.upper()].value,
    )  # fmt: skip
    for name in set(row.labels):
        Labelling.objects.create(conversation=conversation, label=labels[name])
    people = " 0 ".join(name for one in items for name in (one.author, one.handle) if name)
    known = [
        Document(
            one.text, title=one.title, url=one.url, followers=one.followers, reach=one.reach,
            is_reply=bool(one.is_reply), has_media=bool(one.has_media),
            author=people, lang=row.lang, kind=row.kind or "review", state=state, priority=priority, published_at=at,
            channel=(channel.name, str(channel.pk)), platform=channel.connector, labels=row.labels,
            department=(channel.department.name, str(channel.department_id)),
            assignee=(assignee.name,) if assignee else (), is_mine=assignee == owner, has_link=bool(row.has_link),
            is_held=bool(row.is_held), is_unanswered=bool(row.is_unanswered),
        )
        for one in items
    ]  # fmt: skip
    return conversation, known


@contextmanager
def sized(modules):
    """With other sizes, so that little data is read in many steps."""
    with ExitStack() as stack:
        for module, sizes in modules.items():
            for name, size in sizes.items():
                stack.enter_context(patch.object(module, name, size))
        yield


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example,
        HealthCheck.function_scoped_fixture,
    ],
)  # fmt: skip
@given(
    asked=st.lists(st.one_of(queries(), queries(with_fields=False)), min_size=QUERIES, max_size=QUERIES),
    drawn=threads(),
    limit=st.sampled_from((3, 500)),
)
def test_inbox_finds_what_the_naive_evaluator_finds(asked, drawn, limit):
    small = {looking: {"_FIRST": 8, "_WALKED": 16, "_ASKED_AT_ONCE": 5, "_THREADS_AT_ONCE": 7}}
    with transaction.atomic(), sized(small), patch.dict(search.BLOCK_BITS, {connection.vendor: 5}):
        house = build_house(drawn)
        department = house.conversations[0][0].department
        for number, query in enumerate(asked):
            place = department if number % 5 == 4 else None
            text = print_query(query)
            assert house.found(text, department=place, limit=limit) == house.truth(query, department=place), text
        transaction.set_rollback(True)


def findable(channel, text, *, at=NOW, **fields):
    item = make_item(channel, text, at=at, **fields)
    name = item.profile.name if item.profile else ""
    search.add_rows([search.SearchRow(item.pk, item.department_id, search.search_words(item.title, item.text, name))])
    return item


@pytest.fixture
def site(cast):
    return make_channel(cast.news, name="Site")


def shown(member, text, **more):
    return [row.text for row in conversation_page(member, text, now=NOW, **more).rows]


@pytest.mark.django_db
def test_one_item_has_to_be_all_that_is_asked_of_items(cast, site):
    root = findable(site, "redevance radio")
    findable(site, "redevance seule", root=root)
    make_conversation(root)
    make_conversation(findable(site, "radio"))
    assert shown(cast.camille, "(redevance OR licence) -radio") == ["redevance seule"]
    assert shown(cast.camille, "redevance NEAR/1 radio") == ["redevance radio"]
    assert shown(cast.camille, "radio seule") == []
    assert shown(cast.camille, "-redevance") == ["radio"]


@pytest.mark.django_db
def test_author_is_whole_name_before_words_of_it(cast, site):
    for name, handle in (("Marie", ""), ("Marie Noël", ""), ("Œil 日本", "@marie.x@social.ch"), ("Mariette", "")):
        author = make_profile(site, name, handle=handle)
        make_conversation(findable(site, f"by {name}", profile=author))
    everybody = {"by Marie", "by Marie Noël", "by Œil 日本", "by Mariette"}
    assert set(shown(cast.camille, "author:marie")) == {"by Marie"}
    assert set(shown(cast.camille, "-author:marie")) == everybody - {"by Marie"}
    assert set(shown(cast.camille, "author:mari*")) == everybody
    assert set(shown(cast.camille, "author:noel OR author:oeil")) == {"by Marie Noël", "by Œil 日本"}
    assert set(shown(cast.camille, "author:日*")) == {"by Œil 日本"}
    assert shown(cast.sam, "author:mari*") == []


@pytest.mark.django_db
def test_words_mean_texts_and_never_the_author(cast, site):
    author = make_profile(site, "Radio Studio")
    make_conversation(findable(site, "about something", profile=author))
    make_conversation(findable(site, "a studio, something else"))
    assert shown(cast.camille, "studio") == ["a studio, something else"]
    assert shown(cast.camille, "studio OR radio") == ["a studio, something else"]
    assert set(shown(cast.camille, "something -studio")) == {"about something"}


@pytest.mark.django_db
def test_page_that_runs_out_of_time_says_how_far_it_looked_and_leads_on(cast, site, monkeypatch):
    for number in range(30):
        make_conversation(findable(site, "needle" if number == 3 else f"hay {number}"))
    monkeypatch.setattr(looking, "PAGE_S", -1)
    monkeypatch.setattr(looking, "_THREADS_AT_ONCE", 10)
    monkeypatch.setattr(looking, "_ASKED_AT_ONCE", 5)
    for text, step in (("-hay", 10), ("(hay OR needle) -hay", 5)):
        page = conversation_page(cast.camille, text, now=NOW, limit=5)
        assert page.is_partial and page.next and page.looked_count == step
        rows = page.rows
        while page.next:
            page = conversation_page(cast.camille, text, now=NOW, after=page.next, limit=5)
            rows = [*rows, *page.rows]
        assert [row.text for row in rows] == ["needle"] and not page.is_partial


@pytest.mark.django_db
def test_what_nothing_leads_to_is_called_slow_before_it_is_saved(cast, site):
    def slow(text):
        return slow_reason(compile_filter(text, cast.camille, now=NOW)) is not None

    assert [slow(text) for text in ("-hay", "*hay", "hay OR has:media", "state:open -hay")] == [True] * 4
    assert not any(slow(text) for text in ("hay", "hay -straw", "ha* OR straw", "is:held -hay", "is:held OR lang:de"))


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["a OR b", "(a OR b) -(c d) lang:fr", "-(a NEAR/2 b) state:(open OR done) x"])
def test_chip_prints_its_group_and_goes_without_the_others(text):
    found = chips(text)
    assert parse_query(" ".join(f"({chip.text})" for chip in found)) == parse_query(text)
    for at, chip in enumerate(found):
        others = " ".join(f"({one.text})" for one in [*found[:at], *found[at + 1 :]])
        assert parse_query(chip.without) == parse_query(others)


@pytest.mark.django_db
def test_bulk_count_and_tabs_take_any_query(cast, site):
    rows = [make_conversation(findable(site, text)) for text in ("un deux", "deux trois", "quatre")]
    texts = {1: "un OR trois", 2: "-deux", 3: "is:unanswered OR is:held", 4: "label:nowhere OR un"}
    views = [
        ViewRow(id=key, name="", query=text, is_shared=False, is_own=True, department_id=None, position=key)
        for key, text in texts.items()
    ]
    assert view_counts(cast.camille, views, now=NOW) == {1: "2", 2: "1", 3: "3", 4: ""}
    assert count_all(cast.camille, texts[3], now=NOW) == 3
    assert count_all(cast.camille, texts[1], now=NOW) is None
    around = neighbours(cast.camille, texts[1], rows[1].pk, now=NOW)
    assert (around.previous_id, around.next_id) == (None, rows[0].pk)


@pytest.mark.django_db
@pytest.mark.parametrize("inner", ["un", "is:held", "lang:de OR un", "-un"])
def test_deep_and_wide_queries_are_answered_or_refused_in_words(cast, site, inner):
    make_conversation(findable(site, "un deux"))
    deep = inner
    for number in range(48):
        deep = f"(NOT ({deep}) {'OR' if number % 2 else 'AND'} {'deux' if number % 3 else 'state:open'})"
    wide = " OR ".join(f"({inner} since:{number}h)" for number in range(1, 600))
    for text in (deep, wide):
        page = conversation_page(cast.camille, text, now=NOW)
        assert {row.id for row in page.rows} <= set(Conversation.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_query_that_names_too_much_is_refused_with_a_repair(cast, site):
    many = " OR ".join(f"author:name{number}" for number in range(21))
    with pytest.raises(QueryNotUnderstood) as caught:
        conversation_page(cast.camille, many, now=NOW)
    assert caught.value.repair is not None and many[caught.value.start : caught.value.end] == "author:name20"


@pytest.mark.django_db
def test_candidates_of_many_blocks_come_newest_first(cast, site, monkeypatch):
    monkeypatch.setitem(search.BLOCK_BITS, connection.vendor, 2)
    monkeypatch.setattr(candidates, "_QUICK_S", 0)
    ids = [findable(site, "word" if number % 3 else "other").pk for number in range(30)]
    plan = candidates.Either((candidates.Seek(("word",)), candidates.Seek(("oth",), is_prefix=True)))
    found, below = [], None
    while below != 0:
        some, below = candidates.newest_candidates(plan, [cast.news.pk], below=below, limit=7, until_s=0)
        found += some
    assert found == ids[::-1]


@pytest.mark.django_db
def test_screen_says_what_is_slow_and_how_far_it_looked(cast, site, client, settings, monkeypatch):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    for number in range(12):
        make_conversation(findable(site, "needle" if number == 3 else f"hay {number}"))
    monkeypatch.setattr(looking, "PAGE_S", -1)
    monkeypatch.setattr(looking, "_THREADS_AT_ONCE", 5)
    client.force_login(cast.camille, backend="parvis.orgs.asking.Backend")
    first = client.get("/inbox/", {"q": "-(hay OR straw)"})
    page = first.content.decode()
    assert "Looked through 5 here" in page and "Go on looking" in page and "Slow:" in page
    assert "-(hay OR straw)" in page and "Nothing matches" not in page
    onward = re.search(r'href="(/inbox/\?q=[^"]*after=[^"]*)"', page)[1].replace("&amp;", "&")
    second = client.get(onward).content.decode()
    assert "needle" in second and "Looked through 5 here; there may be more." in second
    plain = client.get("/inbox/", {"q": "needle OR hay"}).content.decode()
    assert "Slow:" not in plain and "needle" in plain

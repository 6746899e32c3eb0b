"""The list of conversations: each filter finds what it says, page by page, within what one may see."""

from datetime import timedelta

import pytest

from parvis.channels.search import SearchRow, add_rows, search_words
from parvis.core.errors import QueryNotUnderstood
from parvis.core.types import Status
from parvis.inbox import searching, ways
from parvis.inbox.models import Conversation, Label, Labelling
from parvis.inbox.queries import conversation_detail, conversation_page, ids_after, neighbours
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_profile

pytestmark = pytest.mark.django_db


def findable(item):
    name = item.profile.name if item.profile else ""
    add_rows([SearchRow(item.pk, item.department_id, search_words(item.title, item.text, name))])
    return item


@pytest.fixture
def house(cast, now):
    """Six conversations of News, one an hour older than the other, and one of Sport."""
    site, blog = make_channel(cast.news, name="Site"), make_channel(cast.news, name="Blog", connector="feed")
    anna = make_profile(site, "Émile Dupont")
    rows = {}
    for name, fields in {
        "plain": {},
        "held": {"held_count": 1},
        "mine": {"assignee": cast.camille, "state": "waiting", "is_unanswered": False},
        "urgent": {"priority": 2, "has_link": True, "language": "de"},
        "done": {"state": "done", "kind": "mention"},
        "snoozed": {"state": "snoozed", "language": "fr"},
    }.items():
        at = now - timedelta(hours=len(rows))
        item = findable(
            make_item(
                blog if name == "done" else site,
                f"text of {name}",
                at=at,
                profile=anna if name == "urgent" else None,
                language="de_CH" if name == "urgent" else "",
            )
        )
        rows[name] = make_conversation(item, **fields)
    Labelling.objects.create(conversation=rows["held"], label=Label.objects.create(name="À voir", department=cast.news))
    rows["sport"] = make_conversation(
        findable(make_item(make_channel(cast.sport, name="Stade"), "text of sport", at=now))
    )
    return rows


def found(member, text, now, **where):
    rows = Conversation.objects.in_bulk([row.id for row in conversation_page(member, text, now=now, **where).rows])
    names = {row.pk: row.root.text.removeprefix("text of ") for row in rows.values()}
    return [names[row.id] for row in conversation_page(member, text, now=now, **where).rows]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "plain held mine urgent done snoozed"),
        ("state:open", "plain held urgent"),
        ("-state:open", "mine done snoozed"),
        ("-state:open -state:done", "mine snoozed"),
        ("state:open state:done", ""),
        ("is:snoozed", "snoozed"),
        ("is:held", "held"),
        ("-is:held state:open", "plain urgent"),
        ("is:mine", "mine"),
        ("assignee:me", "mine"),
        ("assignee:camille", "mine"),
        ("assignee:nobody state:open", "plain held urgent"),
        ("-assignee:camille", "plain held urgent done snoozed"),
        ("-is:unanswered", "mine"),
        ("priority:urgent", "urgent"),
        ("-priority:urgent state:open", "plain held"),
        ("has:link", "urgent"),
        ("lang:de", "urgent"),
        ("lang:fr-CH", ""),
        ("lang:de-CH", "urgent"),
        ("kind:mention", "done"),
        ("channel:Blog", "done"),
        ("-channel:blog state:done", ""),
        ("channel:site state:open", "plain held urgent"),
        ("platform:feed", "done"),
        ("platform:wordpress state:waiting", "mine"),
        ("platform:nowhere", ""),
        ('label:"a voir"', "held"),
        ("-label:a voir", None),
        ('-label:"à voir" state:open', "plain urgent"),
        ('author:"émile dupont"', "urgent"),
        ("author:dupont", "urgent"),
        ("author:EMI*", "urgent"),
        ("dupont", ""),
        ('-author:"Émile Dupont" state:open', "plain held"),
        ("author:nobody-at-all", ""),
        ("department:news state:open", "plain held urgent"),
        ("-department:news", ""),
        ("since:2h", "plain held mine"),
        ("-since:2h state:open", "urgent"),
        ("date:2026-11-16", "plain held mine urgent done snoozed"),
        ("date:..2026-11-15", ""),
        ("date:2026-11-16..2026-11-16 is:held", "held"),
        ("text", "plain held mine urgent done snoozed"),
        ("text state:open", "plain held urgent"),
        ('"text of urgent"', "urgent"),
        ("text -urgent -done", "plain held mine snoozed"),
        ("urgent author:nobody-at-all", ""),
        ("nothingatall", ""),
        ("-urgent state:open", "plain held"),
        ("is:held OR priority:urgent", "held urgent"),
        ("is:held OU priority:urgent state:done", "held"),
        ("(is:held OR lang:de) state:open", "held urgent"),
        ("-(state:open OR state:done)", "mine snoozed"),
        ("-(lang:de has:link) state:open", "plain held"),
        ("NOT NOT is:mine", "mine"),
        ("assignee:(camille OR nobody) -state:open", "mine done snoozed"),
        ("-(assignee:camille OR is:held) state:(open OR done)", "plain urgent done"),
        ('label:"à voir" OR author:dupont OR kind:mention', "held urgent done"),
        ("text AND (urgent OR done)", "urgent done"),
        ("held OR lang:de OR is:snoozed", "held urgent snoozed"),
        ("text NEAR/2 held", "held"),
        ("text NEAR/1 held", ""),
        ("text ONEAR/2 held OR held ONEAR/2 text", "held"),
        ("(held OR urgent) -is:held", "urgent"),
        ("*gent OR *eld", "held urgent"),
        ("urgant~1", "urgent"),
        ("=Held", ""),
        ("=held", "held"),
        ("has:media", ""),
        ("story:4711 OR is:held", "held"),
        ("url:/x OR site:rts.ch OR followers:>5 OR reach:1 OR is:reply OR spam:>0.5 OR is:mine", "mine"),
        ("-has:media is:held", "held"),
        ("fold:hard he1d", "held"),
        ("fold:hard is:held", "held"),
        ("fold:hard", "plain held mine urgent done snoozed"),
        ("state:open is:held priority:urgent label:a", None),
        ('state:open is:held label:"à voir" lang:de', ""),
    ],
)
def test_filter_finds_what_it_says_newest_first(cast, house, now, text, names):
    if names is None:
        with pytest.raises(QueryNotUnderstood):
            found(cast.camille, text, now)
        return
    shown = found(cast.camille, text, now)
    if " " in text and "text" in text.split():
        assert set(shown) == set(names.split())
    else:
        assert set(shown) == set(names.split()) and (
            len(shown) < 2 or text.startswith("text") or shown == names.split()
        )


def test_whole_house_department_in_view_and_stranger(cast, house, now):
    assert found(cast.olive, "state:open", now)[:1] in (["sport"], ["plain"])
    assert len(found(cast.olive, "", now)) == 7
    assert found(cast.olive, "", now, department=cast.sport) == ["sport"]
    assert found(cast.sam, "", now) == ["sport"]
    assert found(cast.sam, "", now, department=cast.news) == []
    assert found(cast.sam, "text", now) == ["sport"]


def test_name_that_is_not_there_is_told_with_its_place_and_the_nearest(cast, house, now):
    with pytest.raises(QueryNotUnderstood) as caught:
        conversation_page(cast.camille, "state:open channel:Sitte", now=now)
    assert (caught.value.start, caught.value.end) == (11, 24)
    assert caught.value.repaired == "state:open channel:Site"
    with pytest.raises(QueryNotUnderstood):
        conversation_page(cast.camille, "channel:Stade", now=now)
    with pytest.raises(QueryNotUnderstood) as caught:
        conversation_page(cast.camille, "is:held OR channel:(blog OR Sitte)", now=now)
    assert caught.value.repaired == "is:held OR channel:(blog OR Site)"
    with pytest.raises(QueryNotUnderstood) as caught:
        conversation_page(cast.camille, "text OR NOT channel:Sitte", now=now)
    assert caught.value.repaired == "text OR NOT channel:Site"


@pytest.mark.parametrize(
    "text",
    [
        "", "state:open", "kind:comment", "lang:fr", "label:many", "assignee:camille", "common", "common OR other",
        "com* ONEAR/2 reply", "-other", "state:open OR lang:de", "-(state:done lang:de)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("person", ["camille", "olive"])
def test_pages_follow_each_other_without_gap_or_double_and_lead_back(cast, now, text, person):
    channel, label = make_channel(cast.news), Label.objects.create(name="many")
    for number in range(23):
        at = now - timedelta(minutes=number // 3)
        item = findable(make_item(channel, f"common {number}", at=at))
        conversation = make_conversation(item, language="fr", assignee=cast.camille)
        Labelling.objects.create(conversation=conversation, label=label)
        findable(make_item(channel, f"common reply {number}", at=at, root=item))
    member = getattr(cast, person)
    whole = [row.id for row in conversation_page(member, text, now=now, limit=100).rows]
    pages, cursor = [], None
    while True:
        page = conversation_page(member, text, now=now, after=cursor, limit=5)
        pages.append(page)
        cursor = page.next
        if cursor is None:
            break
    assert [row.id for page in pages for row in page.rows] == whole
    assert len(whole) == 23 == len(set(whole))
    if page.is_search or "other" in text:
        return
    back = conversation_page(member, text, now=now, before=pages[2].previous, limit=5)
    assert [row.id for row in back.rows] == [row.id for row in pages[1].rows]
    first = conversation_page(member, text, now=now, before=pages[1].previous, limit=5)
    assert first.previous is None and pages[0].previous is None


@pytest.mark.parametrize("at_once", [(1, 1), (2, 4), (3, 30), (60, 60)])
def test_words_with_a_filter_find_each_once_however_many_are_looked_at_at_once(cast, now, monkeypatch, at_once):
    monkeypatch.setattr(searching, "FILTERED_BATCHES", at_once)
    channel, open_ids = make_channel(cast.news), []
    for number in range(24):
        item = findable(make_item(channel, f"common {number}", at=now))
        conversation = make_conversation(item, state="done" if number % 5 else "open")
        findable(make_item(channel, f"common reply {number}", at=now, root=item))
        open_ids += [] if number % 5 else [conversation.id]
    found, cursor = [], None
    while True:
        page = conversation_page(cast.olive, "common state:open", now=now, after=cursor, limit=2)
        assert len(page.rows) == 2 or page.is_partial or page.next is None
        found += [row.id for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert found == open_ids[::-1]


def test_ways_that_gather_and_ways_that_walk_find_the_same(cast, house, now, monkeypatch):
    texts = [
        'label:"à voir" state:open',
        'author:"Émile Dupont" state:open',
        "priority:urgent lang:de",
        "is:held kind:comment",
    ]
    gathered = [found(cast.camille, text, now) for text in texts]
    monkeypatch.setattr(ways, "MOST_GATHERED", -1)
    assert [found(cast.camille, text, now) for text in texts] == gathered
    assert all(gathered)


def test_broken_cursor_is_the_first_page(cast, house, now):
    for cursor in ("x", "====", "bnVsbA", "W10", "A" * 300, "WzEsMl0x", "WzFlOTk5LDFd"):
        assert len(conversation_page(cast.camille, "", now=now, after=cursor).rows) in {0, 6}


def test_row_tells_enough_to_decide(cast, now):
    channel = make_channel(cast.news, name="Site")
    article = make_item(channel, kind="article", title="The article", url="https://example.org/a")
    author = make_profile(channel, "Zoé", item_count=3, refused_count=1)
    item = make_item(channel, "word " * 300, profile=author, about=article, status=Status.HELD)
    make_conversation(item)
    [row] = conversation_page(cast.camille, "", now=now).rows
    assert (row.author.name, row.author.item_count, row.author.refused_count) == ("Zoé", 3, 1)
    assert (row.channel, row.department, row.article_title, row.item_status) == ("Site", "News", "The article", "held")
    assert row.is_cut and len(row.text) <= 600 and row.text.endswith("word")


def test_search_shows_the_item_that_matches(cast, house, now):
    root = house["plain"].root
    findable(make_item(root.channel, "needle here", root=root, at=later(now, hours=1)))
    findable(make_item(root.channel, "newer text", root=root, at=later(now, hours=2)))
    [row] = conversation_page(cast.camille, "needle", now=now).rows
    assert (row.id, row.text) == (house["plain"].pk, "needle here")


@pytest.mark.parametrize(
    "text",
    [
        "", "state:open", 'label:"à voir"', "author:nobody", "text", "is:held lang:de", "text OR held", "-held",
        "held OR is:mine", "is:held OR lang:de",
    ],
)  # fmt: skip
def test_page_takes_a_fixed_number_of_queries(cast, house, now, text, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        conversation_page(cast.camille, text, now=now)


def test_neighbours_are_those_of_the_list_even_after_leaving_it(cast, house, now):
    around = neighbours(cast.camille, "state:open", house["held"].pk, now=now)
    assert (around.previous_id, around.next_id) == (house["plain"].pk, house["urgent"].pk)
    Conversation.objects.filter(pk=house["held"].pk).update(state="done")
    assert neighbours(cast.camille, "state:open", house["held"].pk, now=now) == around
    assert neighbours(cast.sam, "", house["held"].pk, now=now).next_id is None
    assert neighbours(cast.camille, "text", house["plain"].pk, now=now).previous_id is not None
    around = neighbours(cast.camille, "-done", house["mine"].pk, now=now)
    assert (around.previous_id, around.next_id) == (house["held"].pk, house["urgent"].pk)


def test_all_that_a_filter_finds_can_be_walked_through(cast, house, now):
    ids, cursor = ids_after(cast.camille, "state:open", now=now, limit=2)
    more, end = ids_after(cast.camille, "state:open", now=now, limit=2, cursor=cursor)
    assert [*ids, *more] == [house[name].pk for name in ("plain", "held", "urgent")] and end is None
    for text in ("(text OR word) state:open", "-done state:open"):
        ids, cursor = ids_after(cast.camille, text, now=now, limit=2)
        more, end = ids_after(cast.camille, text, now=now, limit=2, cursor=cursor)
        assert {*ids, *more} == {house[name].pk for name in ("plain", "held", "urgent")}
        assert end is None or ids_after(cast.camille, text, now=now, limit=2, cursor=end) == ([], None)


def test_conversation_opens_for_those_who_may_see_it_only(cast, house, now):
    assert conversation_detail(cast.sam, house["held"].pk, now=now) is None
    assert conversation_detail(cast.camille, 10**9, now=now) is None
    detail = conversation_detail(cast.camille, house["held"].pk, now=now)
    assert [item.text for item in detail.items] == ["text of held"]
    assert "decide" in detail.may and "delete" not in detail.may


def test_long_thread_opens_at_its_end_and_leads_to_what_is_older(cast, now, django_assert_max_num_queries):
    channel = make_channel(cast.news)
    root = make_item(channel, "first")
    for number in range(230):
        make_item(channel, f"reply {number}", root=root, parent=root, at=later(now, seconds=number))
    conversation = make_conversation(root)
    with django_assert_max_num_queries(16):
        detail = conversation_detail(cast.camille, conversation.pk, now=now)
    assert [len(detail.items), detail.items[-1].text, detail.newer] == [100, "reply 229", None]
    older = conversation_detail(cast.camille, conversation.pk, now=now, older=detail.older)
    oldest = conversation_detail(cast.camille, conversation.pk, now=now, older=older.older)
    texts = [item.text for page in (oldest, older, detail) for item in page.items]
    assert texts == ["first", *(f"reply {number}" for number in range(230))] and oldest.older is None
    newer = conversation_detail(cast.camille, conversation.pk, now=now, newer=older.newer)
    assert [item.text for item in newer.items][-1] == "reply 229"
    assert detail.items[-1].depth == 1

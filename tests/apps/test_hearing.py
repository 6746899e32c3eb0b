"""What arrives is heard once by every query that listens where it was said."""

from datetime import timedelta

import pytest

from parvis.channels.models import Item
from parvis.core.errors import Conflict, NotAllowed, QueryNotForListening, QueryNotUnderstood
from parvis.core.query.document import Document
from parvis.core.types import ItemRecord, Kind
from parvis.flows.looking_back import start_look_back
from parvis.jobs.models import Job, JobState
from parvis.jobs.work import run_jobs
from parvis.listening.ears import Ears
from parvis.listening.hearing import hear_new_items
from parvis.listening.models import HourCount, Match, QueryState, QueryVersion, SavedQuery
from parvis.listening.services import Wish, change_query, save_query, set_query_state
from parvis.listening.sieving import Sieve
from parvis.testing.factories import make_channel
from parvis.testing.heard import put_items

pytestmark = pytest.mark.django_db


def _wish(cast, text, **fields):
    return Wish(**{"name": "Climate", "text": text, "department": cast.news, **fields})


def _hear(ears, now):
    while hear_new_items(ears, now=now):
        pass


def _texts(query):
    return sorted(query.matches.values_list("item__text", flat=True))


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


def test_an_item_that_arrives_meets_the_queries_that_ask_for_it(cast, channel, ears, now):
    query = save_query(cast.camille, _wish(cast, "climat* -sport"), now=now)
    put_items(channel, [Document("Climatique"), Document("climat et sport"), Document("rien")], at=now, is_heard=False)
    _hear(ears, now)
    query.refresh_from_db()
    assert _texts(query) == ["Climatique"]
    assert (query.match_count, query.last_match_at) == (1, now)
    assert not Item.objects.filter(is_heard=False).exists()


def test_hearing_twice_changes_nothing(cast, channel, ears, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    put_items(channel, [Document("climat")] * 3, at=now, is_heard=False)
    _hear(ears, now)
    Item.objects.update(is_heard=False)
    _hear(Ears(), now + timedelta(hours=2))
    query.refresh_from_db()
    assert query.match_count == Match.objects.filter(query=query).count() == 3
    assert list(HourCount.objects.values_list("count", flat=True)) == [3]


def test_an_item_whose_author_changes_it_is_counted_as_it_stands_now(cast, channel, ears, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    [item] = put_items(channel, [Document("climat")], at=now, is_heard=False)
    _hear(ears, now)
    Item.objects.filter(pk=item.pk).update(text="autre chose", fingerprint="other", is_heard=False)
    _hear(ears, now)
    query.refresh_from_db()
    assert (query.match_count, _texts(query)) == (0, [])
    assert list(HourCount.objects.values_list("count", flat=True)) == [0]


def test_a_query_of_one_department_never_hears_another(cast, ears, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    wide = save_query(cast.olive, _wish(cast, "climat", name="Wide", hears_house=True), now=now)
    put_items(make_channel(cast.sport), [Document("climat")], at=now, is_heard=False)
    _hear(ears, now)
    assert query.matches.count() == 0
    assert wide.matches.count() == 1


def test_who_sees_one_department_cannot_listen_to_the_house(cast, now):
    for wish in (_wish(cast, "climat", hears_house=True), _wish(cast, "climat", department=None)):
        with pytest.raises(NotAllowed):
            save_query(cast.camille, wish, now=now)
    assert not SavedQuery.objects.exists()


def test_a_changed_paused_and_resumed_query_is_heard_as_it_stands(cast, channel, ears, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    put_items(channel, [Document("climat")], at=now, is_heard=False)
    _hear(ears, now)
    assert change_query(query, cast.camille, _wish(cast, "meteo"), now=now, revision=query.revision)
    put_items(channel, [Document("climat"), Document("météo")], at=now, is_heard=False)
    _hear(ears, now)
    assert _texts(query) == ["climat", "météo"]
    set_query_state(query, cast.camille, QueryState.PAUSED, now=now)
    put_items(channel, [Document("météo deux")], at=now, is_heard=False)
    _hear(ears, now)
    assert query.matches.count() == 2
    set_query_state(query, cast.camille, QueryState.ON, now=now)
    put_items(channel, [Document("météo trois")], at=now, is_heard=False)
    _hear(ears, now)
    assert query.matches.count() == 3
    assert QueryVersion.objects.filter(query=query).count() == 4


def test_history_is_found_exactly_and_counted_by_the_hour(cast, channel, now):
    earlier = now - timedelta(hours=3)
    put_items(channel, [Document("climat"), Document("sport")], at=earlier)
    put_items(channel, [Document("Le climat change"), Document("acclimater")], at=now)
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    job = start_look_back(query, cast.camille, now=now)
    _run(now)
    query.refresh_from_db()
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"found": 2})
    assert _texts(query) == ["Le climat change", "climat"]
    assert query.match_count == 2
    assert list(query.hours.order_by("hour").values_list("count", flat=True)) == [1, 1]


def test_looking_back_after_a_change_takes_away_what_is_no_longer_asked_for(cast, channel, ears, now):
    put_items(channel, [Document("climat"), Document("climat suisse")], at=now, is_heard=False)
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    _hear(ears, now)
    change_query(query, cast.camille, _wish(cast, "climat suisse"), now=now, revision=query.revision)
    start_look_back(query, cast.camille, now=now)
    _run(now)
    query.refresh_from_db()
    assert (_texts(query), query.match_count) == (["climat suisse"], 1)
    assert list(query.hours.values_list("count", flat=True)) == [1]


def test_a_look_back_that_is_repeated_after_a_crash_counts_nothing_twice(cast, channel, now):
    put_items(channel, [Document("climat")] * 5, at=now)
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    for _ in range(2):
        job = start_look_back(query, cast.camille, now=now)
        _run(now)
        Job.objects.filter(pk=job.pk).update(state=JobState.WAITING, cursor={}, leased_by="", leased_until=None)
        _run(now)
    query.refresh_from_db()
    assert query.match_count == query.matches.count() == 5
    assert list(query.hours.values_list("count", flat=True)) == [5]


@pytest.mark.parametrize("text", ["", "label:urgent", "climat state:open", "a -is:mine"])
def test_what_no_arriving_item_can_have_is_refused_before_it_is_saved(cast, now, text):
    with pytest.raises(QueryNotForListening):
        save_query(cast.camille, _wish(cast, text), now=now)


def test_a_wrong_query_is_refused_with_its_place(cast, now):
    with pytest.raises(QueryNotUnderstood):
        save_query(cast.camille, _wish(cast, "climat NEAR sport"), now=now)


def test_nobody_overwrites_what_a_colleague_changed_meanwhile(cast, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    seen = query.revision
    change_query(query, cast.maud, _wish(cast, "meteo"), now=now, revision=seen)
    with pytest.raises(Conflict):
        change_query(query, cast.camille, _wish(cast, "sport"), now=now, revision=seen)
    query.refresh_from_db()
    assert query.text == "meteo"


def test_another_department_neither_sees_nor_changes_a_query(cast, now):
    query = save_query(cast.camille, _wish(cast, "climat"), now=now)
    assert not SavedQuery.objects.visible_to(cast.sam).exists()
    with pytest.raises(NotAllowed):
        change_query(query, cast.sam, _wish(cast, "x", department=cast.sport), now=now, revision=query.revision)


def _run(now):
    import parvis.flows.looking_back  # noqa: F401 - registers the job

    while run_jobs("test", now):
        pass


def test_a_stream_that_carries_everything_leaves_what_a_query_asks_for(cast, channel, now):
    sieve = Sieve()
    save_query(cast.camille, _wish(cast, "climat -sport"), now=now)
    said = {text: ItemRecord(remote_id=text, kind=Kind.MENTION, body=text) for text in ("Climat", "climat sport", "x")}
    assert [text for text, record in said.items() if sieve(channel, record)] == ["Climat"]
    assert not sieve(make_channel(cast.sport), said["Climat"])

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.channels import search
from parvis.channels.models import Item
from parvis.channels.search import SearchRow, add_rows, item_ids_matching, move_items, search_words, terms_of
from parvis.cli import main
from parvis.core.text.normalise import words_of
from parvis.testing.factories import make_channel, make_item


def findable(department, text, title="", **fields):
    item = make_item(make_channel(department), text, title=title, **fields)
    add_rows([SearchRow(item.id, department.id, search_words(title, text))])
    return item.id


def found(words, departments=None, **more):
    return item_ids_matching(words, department_ids=departments, **more)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("L’Œuvre d'été", ["l", "oeuvre", "d", "ete"]),
        ("STRASSE Straße æther", ["strasse", "strasse", "aether"]),
        ("ｆｕｌｌ　ｗｉｄｔｈ", ["full", "width"]),
        ("e\u0301te\u0301 zero\u200bwidth so\u00adft", ["ete", "zerowidth", "soft"]),
        ("東京都庁へ", ["東京", "京都", "都庁", "庁へ"]),
        ("한국어 말", ["한국", "국어", "말"]),
        ("हिन्दी", ["हिन्दी"]),
        ("Łódź Ørsted İstanbul ΣΊΣΥΦΟΣ", ["lodz", "orsted", "istanbul", "σισυφοσ"]),
        ("a😀b #tag @name 3,5 foo_bar", ["a", "b", "tag", "name", "3", "5", "foo", "bar"]),
        ("x" * 60, ["x" * 40]),
    ],
)
def test_words_are_folded(written, words):
    assert words_of(written) == words


@given(st.text())
def test_folding_twice_is_folding_once(text):
    once = words_of(text)
    spaceless = any(len(word) == 2 for word in once)
    assert spaceless or words_of(" ".join(once)) == once


@pytest.mark.django_db
def test_words_phrases_and_beginnings_find_newest_first(cast):
    first = findable(cast.news, "L’été à Genève, c'est beau")
    second = findable(cast.news, "Beau GENEVE en ete")
    assert found("geneve") == [second, first]
    assert found("Été Genève") == [second, first]
    assert found('"été à genève"') == [first]
    assert found("« été à gen*") == [first]
    assert found("gen*") == [second, first]
    assert found("geneve lausanne") == []
    assert found("l'été") == [first]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", ["", " ", '"', '""', "*", "AND", "NOT (", "a:b", "'; --", "x" * 5000, "\0", "😀", "&|!<->"]
)
def test_nothing_that_is_written_fails(cast, written):
    findable(cast.news, "text")
    assert found(written) == []


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), asked=st.text(max_size=20))
def test_every_text_can_be_stored_and_asked_for(cast, text, asked):
    text = text.replace("\0", "")  # as intake stores it
    item_id = findable(cast.news, text)
    found(asked)
    if words_of(text):
        assert item_id in found(words_of(text)[0])


@pytest.mark.django_db
def test_phrase_does_not_reach_from_title_into_text(cast):
    item_id = findable(cast.news, "deux trois", title="un")
    assert found('"deux trois"') == [item_id]
    assert found('"un deux"') == []
    assert found("un deux") == [item_id]


@pytest.mark.django_db
def test_search_shows_only_what_lies_in_the_departments(cast):
    here, there = findable(cast.news, "secret word"), findable(cast.sport, "secret word")
    assert found("secret", [cast.news.id]) == [here]
    assert found("sec*", [cast.sport.id]) == [there]
    assert found("secret", [cast.news.id, cast.sport.id]) == found("secret") == [there, here]
    assert found("secret", []) == []


@pytest.mark.django_db
def test_item_that_moves_is_found_where_it_is(cast):
    item_id = findable(cast.news, "moving")
    assert move_items([item_id], cast.sport.id) == 1
    assert move_items([item_id], cast.sport.id) == 0
    assert (found("moving", [cast.news.id]), found("moving", [cast.sport.id])) == ([], [item_id])
    assert Item.objects.get().department_id == cast.sport.id


@pytest.mark.django_db
def test_pages_follow_each_other_over_blocks(cast, monkeypatch):
    monkeypatch.setitem(search.BLOCK_BITS, connection.vendor, 2)
    ids = [findable(cast.news, "word" if number % 3 else "other") for number in range(40)]
    wanted = [key for number, key in enumerate(ids) if number % 3][::-1]
    pages, before = [], None
    while page := found("word", before_id=before, limit=7):
        pages += page
        before = page[-1]
    assert pages == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("sizes", [[40], [1] * 40, [3, 1, 30, 5], [7, 7, 7, 7]])
def test_search_that_is_read_on_finds_the_same_in_any_portions(cast, monkeypatch, sizes):
    monkeypatch.setitem(search.BLOCK_BITS, connection.vendor, 2)
    ids = [findable(cast.news, "word" if number % 3 else "other") for number in range(40)]
    wanted = [key for number, key in enumerate(ids) if number % 3][::-1]
    begun = search.ItemSearch(search.terms_of("word"), department_ids=[cast.news.id])
    assert [key for size in sizes for key in begun.older(size)] == wanted[: sum(sizes)]
    assert begun.older(1) == wanted[sum(sizes) :][:1]


@pytest.mark.django_db
def test_item_that_is_gone_is_not_found(cast):
    findable(cast.news, "fleeting")
    Item.objects.all().delete()
    assert found("fleeting") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_itemsearch")
        assert cursor.fetchone()[0] == 0


def test_question_is_taken_apart():
    assert [(term.words, term.is_prefix) for term in terms_of('un "deux trois" qua* un l’eau')] == [
        (("un",), False),
        (("deux", "trois"), False),
        (("qua",), True),
        (("l", "eau"), False),
    ]


def test_texts_folded_by_former_rules_are_found_after_the_index_is_written_anew(cast, capsys):
    ids = [findable(cast.news, f"Fête numéro {number}") for number in range(3)]
    search.replace_rows([SearchRow(ids[1], cast.news.id, ["f", "ete"])])
    assert found("fete") == [ids[2], ids[0]]
    assert main(["reindex"]) == 0
    assert str(ids[2]) in capsys.readouterr().out
    assert found("fete") == ids[::-1]
    assert found("f") == []
    assert main(["reindex", "--after", str(ids[2])]) == 1

"""Saved queries against arriving documents: what the matcher promises."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from parvis.core.matching import Frequencies, Matcher, compile_query, finding, prepare
from parvis.core.query.document import Document
from parvis.core.query.tree import All, Any, Exact, Field, Fuzzy, Hashtag, Near, Not, Pattern, Phrase, Query, Word

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


def matcher_of(*roots):
    matcher = Matcher()
    for key, root in enumerate(roots):
        matcher.add(key, Query(root))
    return matcher


def found(matcher, text, **more):
    return matcher.match(Document(text, **more), now=NOW)


def test_query_is_found_as_soon_as_it_is_added_and_no_more_once_removed():
    matcher = matcher_of(Word("climat"))
    matcher.add("late", Query(Word("redevance")))
    assert found(matcher, "La redevance et le climat") == [0, "late"]
    matcher.remove(0)
    assert found(matcher, "La redevance et le climat") == ["late"]
    assert len(matcher) == 1 and "late" in matcher and 0 not in matcher


def test_changed_query_asks_for_the_new_and_keeps_its_place():
    matcher = matcher_of(Word("climat"), Word("neige"))
    matcher.change(0, Query(All((Word("neige"), Not(Word("pluie"))))))
    assert found(matcher, "climat") == []
    assert found(matcher, "neige") == [0, 1]


def test_change_to_hard_folding_and_back_takes_effect_at_once():
    hard = All((Field("fold", "hard"), Word("viagra")))
    matcher = matcher_of(Word("viagra"))
    assert found(matcher, "v1agra") == []
    matcher.change(0, Query(hard))
    assert found(matcher, "v1аgrа") == [0]
    matcher.change(0, Query(Word("viagra")))
    assert found(matcher, "v1agra") == []


def test_keys_are_given_once_and_in_the_order_in_which_they_were_added():
    either = Any((Word("neige"), Word("pluie"), Word("vent")))
    assert found(matcher_of(*[either] * 40), "pluie, neige et vent") == list(range(40))


def test_same_key_twice_is_refused_and_unknown_keys_are_not_removed():
    matcher = matcher_of(Word("climat"))
    with pytest.raises(ValueError, match="0"):
        matcher.add(0, Query(Word("neige")))
    with pytest.raises(KeyError):
        matcher.remove(1)
    with pytest.raises(KeyError):
        matcher.change(1, Query(Word("neige")))
    assert found(matcher, "climat et neige") == [0]


@pytest.mark.parametrize(
    ("root", "text", "more"),
    [
        (None, "", {}),
        (Not(Word("neige")), "pluie", {}),
        (Field("spam", "<0.5"), "x", {"spam": 0.1}),
        (Field("url", "/Sport/"), "x", {"url": "https://a.example/sport/1"}),
        (Field("lang", "fr"), "x", {"lang": "fr-CH"}),
        (Field("site", "rts.ch"), "x", {"url": "https://www.rts.ch/info"}),
        (Hashtag("clim*"), "x", {"hashtags": ("Climat",)}),
        (Field("since", "7d"), "x", {"published_at": NOW - timedelta(days=6)}),
    ],
)
def test_query_without_a_word_to_start_from_is_found_too(root, text, more):
    assert found(matcher_of(root), text, **more) == [0]


@pytest.mark.parametrize(
    ("root", "yes", "no"),
    [
        (Word("covid-19"), "Covid 19!", "19 covid"),
        (Word("日本語"), "新日本語学", "日本と本語"),
        (Exact("Été"), "L’Été, enfin", "l’été, enfin"),
        (Pattern("k*ma"), "das Klima", "Klimawandel"),
        (Fuzzy("climat"), "le climta? non: climas", "le climta"),
        (Phrase((Word("radio"), Pattern("tele*"))), "Radio Télévision", "télévision radio"),
        (Near(Word("radio"), Word("suisse"), 2), "Suisse et radio", "radio de la Suisse"),
        (Near(Word("radio"), Word("suisse"), 2, is_ordered=True), "radio la Suisse", "suisse radio"),
    ],
)
def test_terms_mean_what_the_language_says(root, yes, no):
    matcher = matcher_of(root)
    assert (found(matcher, yes), found(matcher, no)) == ([0], [])


def test_phrases_and_near_do_not_reach_from_title_into_text():
    matcher = matcher_of(Phrase((Word("radio"), Word("suisse"))), Near(Word("radio"), Word("suisse"), 100))
    assert found(matcher, "suisse", title="La radio") == []
    assert found(matcher, "", title="La radio suisse") == [0, 1]


def test_one_more_query_among_many_builds_nothing_anew(monkeypatch):
    matcher = matcher_of(*(All((Word(f"mot{n}"), Word(f"autre{n}"))) for n in range(9_000)))
    found(matcher, "premier")
    monkeypatch.setattr(finding, "BytesAhoCorasick", None)
    for n in range(100):
        matcher.add(f"new {n}", Query(Word(f"nouveau{n}")))
        assert found(matcher, f"nouveau{n} mot7 autre7") == [7, f"new {n}"]
        matcher.remove(f"new {n}")


def test_one_more_wildcard_among_many_is_found_at_once_and_builds_nothing_anew(monkeypatch):
    matcher = matcher_of(
        *(Word(f"mot{n}") for n in range(9_000)), *(Pattern(f"debut{n}*") for n in range(50)), Pattern("*fin")
    )
    matcher.settle()
    monkeypatch.setattr(finding, "BytesAhoCorasick", None)
    matcher.add("new", Query(Pattern("nouv*")))
    assert found(matcher, "debut7 nouveau mot8") == [8, 9_007, "new"]
    matcher.remove("new")
    matcher.remove(9_007)
    assert found(matcher, "debut7x nouveau mot8 enfin") == [8, 9_050]
    matcher.add("again", Query(Pattern("debut7*")))
    assert found(matcher, "debut7x") == ["again"]


def test_phrase_of_one_word_twice_is_not_that_word_once():
    matcher = matcher_of(Any((Phrase((Word("ha"), Word("ha"))), Word("rire"))))
    assert (found(matcher, "ha ha ha"), found(matcher, "ha, le ha")) == ([0], [])


def test_queries_that_come_and_go_leave_nothing_behind():
    """Also what begins with letters within words, a tag, a phrase: whatever they are found by."""
    roots = [
        Pattern("*tion"), Hashtag("climat"), Phrase((Word("radio"), Word("suisse"))), Field("lang", "fr"),
        Any((Word("neige"), Pattern("plu*"), Phrase((Word("il"), Word("vente"))))), Near(Word("radio"), Word("neige"), 9),
    ]  # fmt: skip
    text = "#climat: la radio suisse en action, neige, pluie, il vente"
    matcher = matcher_of(*roots)
    for _ in range(3):
        assert found(matcher, text, lang="fr") == list(range(6))
        for key in range(6):
            matcher.remove(key)
        assert (len(matcher), found(matcher, text, lang="fr")) == (0, [])
        for key, root in enumerate(roots):
            matcher.add(key, Query(root))
        matcher.settle()


def test_words_longer_than_the_longest_are_found_by_their_beginning_alone():
    long = "x" * 30 + "abcdefghij" + "tion"
    matcher = matcher_of(
        Word(long), Word(long[:-1]), Word(long[:39]), Pattern("*tion"), Pattern("xxx*"), Pattern("*hij")
    )
    for _ in range(40):
        assert found(matcher, f"un {long} rare") == [0, 1, 4, 5]


def test_few_queries_are_found_in_one_pass_once_they_are_left_alone():
    matcher = matcher_of(*(All((Word(f"mot{n}"), Any((Word("un"), Pattern("deux*"))))) for n in range(50)))
    for _ in range(100):
        assert found(matcher, "mot3 et un mot4 et mot44") == [3, 4, 44]
    matcher.add("late", Query(Word("et")))
    assert found(matcher, "mot3 et deuxième") == [3, "late"]


def test_learning_words_changes_no_answer():
    frequencies = Frequencies()
    for _ in range(500):
        frequencies.learn({"redevance", "le"})
    matcher = Matcher(frequencies=frequencies)
    matcher.add(1, Query(All((Word("redevance"), Word("le")))))
    matcher.add(2, Query(All((Word("redevance"), Word("rare")))))
    assert found(matcher, "le rare redevance") == [1, 2]
    assert found(matcher, "le redevance") == [1]
    assert frequencies.share_of("redevance") > 0.5 > frequencies.share_of("rare")


def test_nears_in_nears_over_the_same_word_stay_quick():
    node = Word("a")
    for _ in range(60):
        node = Near(node, Word("a"), 100)
    asked = compile_query(Query(node))
    began = time.process_time()
    assert asked(prepare(Document("a " * 800), now=NOW, zone=UTC))
    assert not asked(prepare(Document("a " * 50), now=NOW, zone=UTC))
    assert time.process_time() - began < 20


def test_patterns_with_many_stars_stay_quick():
    asked = compile_query(Query(Pattern("*a" * 19 + "*b")))
    began = time.process_time()
    assert not asked(prepare(Document("a" * 40 + " " + ("a" * 39 + " ") * 800), now=NOW, zone=UTC))
    assert time.process_time() - began < 5

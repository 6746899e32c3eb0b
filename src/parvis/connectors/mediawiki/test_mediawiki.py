"""The MediaWiki connector on answers recorded from MediaWiki 1.39."""

import json
import time
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.connectors.mediawiki import connector
from parvis.connectors.mediawiki.added import added_text, plain_wikitext
from parvis.connectors.mediawiki.scope import Scope, scope_of
from parvis.core.types import Answer, Kind, Payload, Status

ANSWERS = Path(__file__).parent / "answers"


def recorded(name):
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def changes():
    told = recorded("changes_1")
    payload = Payload(endpoint="changes", url=told["url"], body=told["body"].encode(), facts=told["facts"])
    parsed = connector.parse(payload)
    assert parsed.problems == ()
    return parsed.items


def the_one(title, prefix):
    (item,) = [one for one in changes() if one.title == title and one.remote_id.startswith(prefix)]
    return item


def told_of(*rows, **more):
    payload = Payload(
        endpoint="changes",
        url="https://w.example/api.php",
        body=json.dumps({"changes": rows, "compared": {}, "texts": {}, **more}).encode(),
        facts={"script": "https://w.example/index.php", "articles": "https://w.example/wiki/$1"},
    )
    return connector.parse(payload)


def row(**fields):
    common = {"type": "edit", "ns": 0, "title": "A b", "pageid": 7, "revid": 9, "old_revid": 8, "rcid": 1}
    return {**common, "user": "Anna", "userid": 4, "timestamp": "2026-11-22T20:30:31Z", "comment": "", **fields}


def opened(name):
    told = recorded(name)
    return Answer(status=200, url=told["url"], headers=told["headers"], body=told["body"].encode())


def test_new_page_comes_with_its_words():
    page = the_one("Lac Léman", "page:")
    assert page.kind is Kind.PAGE and page.url == "https://wiki.example/index.php/Lac_L%C3%A9man"
    assert (
        page.body == "Nouvelle\n\nLe lac de Genf & l’eau.\n\nLe directeur reste.\n\nTroisième."
        and not page.body_is_html
    )
    assert page.author.name == "Admin" and page.author.remote_id == "user:1" and page.published_at.tzinfo is UTC


def test_edit_comes_with_what_it_added_and_nothing_that_stood_there_before():
    edit = the_one("Lac Léman", "change:")
    assert edit.body == "→ Histoire: correction\n\nLa directrice part, hélas\nQuatrième, tout neuf https://a.example."
    assert edit.about_id == the_one("Lac Léman", "page:").remote_id
    assert "diff=" in edit.url and "oldid=" in edit.url and edit.url.startswith("https://wiki.example/index.php?title=")
    assert edit.facts["change"] == "edit" and edit.facts["bytes"] > 0


def test_what_is_written_on_a_discussion_page_is_a_comment():
    begun, added = the_one("Talk:Lac Léman", "page:"), the_one("Talk:Lac Léman", "change:")
    assert begun.kind is Kind.COMMENT and begun.body == "question\n\nPourquoi ?\nUne question\nun\ndeux"
    assert added.kind is Kind.COMMENT and added.body == "trois"


def test_deletion_is_told_and_deletes_the_page():
    log = the_one("Jetable", "log:")
    (gone,) = [one for one in changes() if one.status is Status.DELETED]
    assert log.body == "(delete) inutile" and log.about_id == gone.remote_id
    assert gone.facts == {"status_only": True}


def test_move_is_told_with_the_new_name():
    log = the_one("Ancien nom", "log:")
    assert log.body == "(move → Nouveau nom) mieux" and log.facts["to"] == "Nouveau nom"
    assert log.url.endswith("/Nouveau_nom") and log.about_id == the_one("Ancien nom", "page:").remote_id


def test_edit_that_only_takes_away_has_no_words():
    edits = [one for one in changes() if one.title == "Nouveau nom"]
    assert [one.body for one in edits] == ["une insulte", "annulé\n\ncontenu"]


def test_revisions_that_are_hidden_on_the_wiki_are_deleted_here_and_come_back():
    hiding = row(type="log", logid=3, logtype="delete", logaction="revision", revid=0)
    params = {"type": "revision", "ids": ["9", "10"], "old": {"content": False}, "new": {"content": True}}
    log, first, second = told_of({**hiding, "logparams": params}).items
    assert log.remote_id == "log:3" and (first.remote_id, first.status) == ("change:9", Status.DELETED)
    assert second.remote_id == "change:10"
    _, back, _ = told_of({**hiding, "logparams": {**params, "new": {"content": False}}}).items
    assert back.status is Status.PUBLISHED


def test_restored_page_is_there_again():
    _, page = told_of(row(type="log", logid=4, logtype="delete", logaction="restore", logparams={})).items
    assert (page.remote_id, page.status) == ("page:7", Status.PUBLISHED)


def test_author_and_summary_that_are_hidden_stay_hidden():
    hidden = row(userhidden=True, commenthidden=True, texthidden=True)
    del hidden["user"], hidden["userid"], hidden["comment"]
    (item,) = told_of(hidden).items
    assert item.author is None and item.body == ""
    assert told_of(row(type="log", logtype="delete", actionhidden=True)).items == ()


def test_somebody_without_an_account_is_known_by_their_address_on_the_wiki():
    (item,) = told_of(row(user="2001:db8::1", userid=0, anon=True)).items
    assert item.author.remote_id == "name:2001:db8::1"


def test_bad_row_is_a_problem_beside_the_others():
    parsed = told_of(row(revid=None), row(revid=10), 7)
    assert [item.remote_id for item in parsed.items] == ["change:10"] and len(parsed.problems) == 2


def test_text_that_was_moved_within_the_page_is_not_new():
    moved = (
        '<tr><td class="diff-marker"><a class="mw-diff-movedpara-right" href="#x">⚫</a></td>'
        '<td class="diff-addedline diff-side-added"><div>an old paragraph <ins class="diffchange">now</ins></div></td></tr>'
    )
    assert added_text(moved) == "now"


def test_several_words_that_came_in_are_kept_apart():
    table = (
        '<tr><td class="diff-deletedline"><div>a <del>b</del> c</div></td>'
        '<td class="diff-addedline"><div>a <ins>x</ins> c <ins>y &amp; z</ins></div></td></tr>'
    )
    assert added_text(table) == "x … y & z"


@pytest.mark.parametrize(
    ("wikitext", "words"),
    [
        ("[[Radio Télévision Suisse|RTS]] et [[Genève]]", "RTS et Genève"),
        ("[[Fichier:Lac.jpg|thumb|Le [[lac Léman|lac]] bleu]]", "Le lac bleu"),
        ("{{Infobox|nom=Anna {{date|1|mai}}|rôle=directrice}} elle", "Anna 1 mai directrice elle"),
        ("a<ref name='x'>une source</ref> b<!-- secret --> c", "a une source b c"),
        ("{| class='x'\n|-\n! Nom !! Âge\n|-\n| Anna || 40\n|}", "Nom Âge\nAnna 40"),
        ("&lt;b&gt; 1 &amp; 2", "<b> 1 & 2"),
    ],
)
def test_wikitext_is_read_by_its_words(wikitext, words):
    assert plain_wikitext(wikitext) == words


@given(st.text(alphabet="[]{}|=<>'&;!-ab \n", max_size=400))
def test_no_wikitext_is_too_odd(text):
    plain_wikitext(text)


@pytest.mark.parametrize(
    "piece", ["{{", "[[a|", "[//a ", "=", "= ", "\n", "\n|", "<a", "<!--", "''", "{{a|b=", " \n", "&"]
)
def test_no_wikitext_runs_away(piece):
    began_s = time.process_time()
    plain_wikitext(piece * (400_000 // len(piece)))
    assert time.process_time() - began_s < 3


def test_page_category_and_wiki_are_recognised():
    page, wiki = connector.recognise(opened("page"))
    assert page.name == "Lac Léman – Test wiki" and scope_of(page.address).title == "Lac Léman"
    assert (wiki.address, wiki.name) == (
        "https://wiki.example/api.php",
        "Test wiki",
    ) and page.certainty > wiki.certainty
    category, _ = connector.recognise(opened("category"))
    assert scope_of(category.address) == Scope("https://wiki.example/api.php", category="Category:Eaux")
    (whole,) = connector.recognise(opened("home"))
    assert whole.address == wiki.address


def test_address_of_the_api_is_recognised_with_what_it_asks_for():
    (found,) = connector.recognise(opened("api"))
    assert found.address == "https://wiki.example/api.php"
    told = opened("api")
    narrow = Answer(status=200, url=page_address("Été & co"), headers=told.headers, body=told.body)
    (found,) = connector.recognise(narrow)
    assert scope_of(found.address).title == "Été & co"


def page_address(title):
    return Scope("https://wiki.example/api.php", title=title).address


def test_address_without_a_scheme_and_one_in_the_open_follow_the_page():
    body = b'<html><head><link rel="EditURI" type="application/rsd+xml" href="//fr.w.example/w/api.php?action=rsd"/>'
    answer = Answer(status=200, url="https://fr.w.example/wiki/", headers={}, body=body)
    assert connector.recognise(answer)[0].address == "https://fr.w.example/w/api.php"


def test_editing_address_of_another_program_is_none_of_a_wiki():
    body = b'<html><link rel="EditURI" type="application/rsd+xml" href="https://b.example/xmlrpc.php?rsd"/>'
    assert connector.recognise(Answer(status=200, url="https://b.example/", headers={}, body=body)) == []

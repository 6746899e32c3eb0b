"""Lists in JSON: answers in the documented shapes of Hacker News, its search and Reddit."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.connectors.listing import connector
from parvis.connectors.listing.shapes import HACKER_NEWS_TREE, REDDIT_COMMENT, REDDIT_POST, records_in
from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer, Kind, Payload, Status

ANSWERS = Path(__file__).parent / "answers"


def recorded(name):
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def parsed(name, **changes):
    told = recorded(name)
    found = connector.parse(
        Payload(
            **{"endpoint": "x", "url": told["url"], "body": told["body"].encode(), "facts": told["facts"], **changes}
        )
    )
    assert found.problems == ()
    return {item.remote_id: item for item in found.items}


def opened(url, body=b"<html></html>", content_type="text/html"):
    return Answer(status=200, url=url, headers={"content-type": content_type}, body=body)


def test_story_of_hacker_news_has_score_link_and_date():
    story = parsed("items")["item:41000100"]
    assert (story.kind, story.title) == (Kind.ARTICLE, "A public broadcaster opens its archive & its code")
    assert story.facts == {"score": 57, "comments": 3, "link": "https://news.example/archive"}
    assert story.body == "https://news.example/archive" and not story.body_is_html
    assert story.url == "https://news.ycombinator.com/item?id=41000100"
    assert story.published_at == datetime.fromtimestamp(1795000000, tz=UTC)
    assert story.author.url == "https://news.ycombinator.com/user?id=marthe"


def test_comment_knows_what_it_answers_and_what_it_is_about():
    items = parsed("items")
    first, second = items["item:41000101"], items["item:41000102"]
    assert first.kind is Kind.COMMENT and first.body_is_html and first.body.startswith("It&#x27;s about time.<p>")
    assert (first.parent_id, first.about_id) == ("", "item:41000100")
    assert (second.parent_id, second.about_id) == ("item:41000101", "item:41000100")


def test_deleted_and_dead_items_are_told_apart_and_the_choices_of_a_poll_are_no_items():
    items = parsed("items")
    assert items["item:41000103"].status is Status.DELETED and items["item:41000103"].facts == {"status_only": True}
    assert items["item:41000104"].status is Status.TRASHED
    assert items["item:41000130"].kind is Kind.ARTICLE and "item:41000131" not in items


def test_hits_of_the_search_are_the_same_items_as_in_the_lists():
    hits, items = parsed("search"), parsed("items")
    assert set(hits) == {"item:41000100", "item:41000139", "item:41000140"}
    assert hits["item:41000100"].title == items["item:41000100"].title
    assert hits["item:41000100"].url == items["item:41000100"].url
    assert hits["item:41000140"].body == "the <i>broadcaster</i> did it"
    assert (hits["item:41000140"].parent_id, hits["item:41000140"].about_id) == ("", "item:41000100")
    assert hits["item:41000139"].parent_id == "item:41000101"


def test_tree_of_a_discussion_is_read_to_its_leaves():
    tree = parsed("search_item")
    assert [item.parent_id for item in tree.values()] == ["", "", "item:41000101"]
    assert all(item.about_id in ("", "item:41000100") for item in tree.values())


def test_posts_of_a_community():
    posts = parsed("new")
    picture, removed, asked, orphan = posts.values()
    assert picture.media[0].url == "https://i.example/lac.jpg" and picture.facts["adult"] is True
    assert removed.status is Status.DELETED and removed.facts == {"status_only": True}
    assert asked.title == "Radio & télé" and "<strong>question</strong>" in asked.body and asked.body_is_html
    assert asked.url == "https://www.reddit.com/r/romandie/comments/1abc02/post_2/" and "link" not in asked.facts
    assert asked.updated_at == datetime.fromtimestamp(1795000999, tz=UTC)
    assert orphan.author is None and orphan.facts["score"] == 0 and orphan.facts["community"] == "romandie"


def test_discussion_with_answers_inside_each_other():
    items = parsed("thread")
    assert set(items) == {"t3_1abc02", "t1_c1", "t1_c2", "t1_c3", "t1_c4"}
    assert items["t1_c1"].parent_id == "" and items["t1_c1"].about_id == "t3_1abc02"
    assert items["t1_c2"].parent_id == "t1_c1" and items["t1_c2"].author.handle == "lecteur2"
    assert items["t1_c3"].status is Status.DELETED


def test_site_that_escapes_its_html_reads_the_same():
    (item,) = parsed("new_escaped").values()
    assert item.body == '<div class="md"><p>1 &lt; 2</p></div>' and item.title == "A & B"
    assert item.url.startswith("https://old.example/r/")


def test_record_that_breaks_its_shape_is_a_problem_beside_the_others():
    told = json.loads(recorded("new")["body"])
    told["data"]["children"][0]["data"]["created_utc"] = "yesterday"
    found = connector.parse(Payload(endpoint="x", url="https://r.example/", body=json.dumps(told).encode()))
    assert len(found.items) == 3 and "no time" in found.problems[0].detail


@pytest.mark.parametrize(
    "body",
    [
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": "1"}]}',
        b'[{"id": 5, "type": "comment", "content": {"rendered": "x"}, "date_gmt": "2026-01-01T00:00:00"}]',
        b'{"id": "https://a.example/1", "type": "Note", "content": "x"}',
        b'{"hits": 3}',
        b"[1, 2, 3]",
    ],
)
def test_json_of_others_is_left_to_them(body):
    assert connector.recognise(opened("https://a.example/x.json", body, "application/json")) == []
    with pytest.raises(AnswerNotUnderstood):
        connector.parse(Payload(endpoint="x", url="https://a.example/", body=body))


@pytest.mark.parametrize("name", ["item", "search", "search_item", "new", "comments", "thread", "new_escaped"])
def test_answers_are_recognised_by_their_shape_on_any_host(name):
    told = recorded(name)
    url = told["url"].replace("www.reddit.com", "forum.example").replace("hn.algolia.com", "search.example")
    (found,) = connector.recognise(opened(url, told["body"].encode(), "application/json"))
    assert found.address == url and found.name


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://news.ycombinator.com/", "https://hacker-news.firebaseio.com/v0/newstories.json"),
        ("https://news.ycombinator.com/ask", "https://hacker-news.firebaseio.com/v0/askstories.json"),
        ("https://news.ycombinator.com/item?id=88", "https://hacker-news.firebaseio.com/v0/item/88.json"),
        ("https://news.ycombinator.com/user?id=a-b", "https://hacker-news.firebaseio.com/v0/user/a-b.json"),
        (
            "https://hn.algolia.com/?dateRange=all&q=radio+t%C3%A9l%C3%A9&type=comment",
            "https://hn.algolia.com/api/v1/search_by_date?query=radio+t%C3%A9l%C3%A9&tags=comment",
        ),
        ("https://old.reddit.com/r/romandie/", "https://www.reddit.com/r/romandie/new.json"),
        ("https://www.reddit.com/r/a/comments/1ab/some_title/", "https://www.reddit.com/comments/1ab.json"),
        ("https://www.reddit.com/u/marthe", "https://www.reddit.com/user/marthe.json"),
    ],
)
def test_pages_that_people_see_lead_to_their_lists(page, address):
    found = connector.recognise(opened(page))
    assert found and found[0].address == address and found[0].name


def test_page_of_somebody_else_is_none_of_them():
    for url in ("https://notreddit.com/r/a/", "https://example.org/r/a/", "https://news.ycombinator.com/item?id=x"):
        assert connector.recognise(opened(url)) == []


def test_every_table_finds_its_own_records_and_no_others():
    for name, shape in (("thread", REDDIT_COMMENT), ("new", REDDIT_POST), ("search_item", HACKER_NEWS_TREE)):
        told = json.loads(recorded(name)["body"])
        names = {found.name for _, found in records_in(told)}
        assert shape.name in names and names <= {shape.name, REDDIT_POST.name}

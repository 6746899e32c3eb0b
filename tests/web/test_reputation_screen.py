"""Reputation on the screen: every figure opens exactly the items that it counts."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from django.urls import reverse

from parvis.listening.models import Annotation, Comparison
from parvis.listening.reputation.periods import last_days
from parvis.listening.reputation.services import ComparisonWish, SideWish, add_annotation, save_comparison
from parvis.listening.services import Wish, save_query
from parvis.testing.factories import make_channel
from parvis.testing.figured import Said, put_said

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
"""The clocks went back eight days before."""
ZONE = ZoneInfo("Europe/Zurich")


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("parvis.web.clock.now", lambda: NOW)


@pytest.fixture
def queries(cast):
    wide = save_query(cast.olive, Wish(name="Radio", text="radio", department=cast.news, hears_house=True), now=NOW)
    return wide, save_query(cast.camille, Wish(name="Tele", text="tele", department=cast.news), now=NOW)


@pytest.fixture
def comparison(cast, queries):
    """Said in News and in Sport, by several, in these weeks and in those before, with and without tone and reach."""
    radio, tele = queries
    news, sport = make_channel(cast.news, name="Feed"), make_channel(cast.sport, name="Ground")
    period = last_days(28, now=NOW, zone=ZONE)
    for query, channel, count in ((radio, news, 40), (radio, sport, 25), (tele, news, 22)):
        said = [
            Said(
                period.begins + timedelta(hours=count * 3 + 20 * number), text=f"Wort {number % 3 or 'gleich'}",
                author="Ana" if number % 3 else "Bob", tone=(number % 5) / 5 - 0.4 if number % 2 else None,
                reach=number * 10 if number % 4 == 0 else None,
            )
            for number in range(-10, count)
        ]  # fmt: skip
        put_said(query, channel, said, now=NOW)
    sides = [SideWish(radio, "House A"), SideWish(tele, "House B")]
    return save_comparison(cast.camille, ComparisonWish(name="Houses", department=cast.news, sides=sides), now=NOW)


def _signed_in(client, member):
    client.force_login(member)
    return client


def _page(client, url, **params):
    answer = client.get(url, params)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.content.decode())


def _shown_count(client, link):
    """What the list behind a link says that it holds, and what its pages really hold."""
    url, held = link.get("href"), 0
    shown = None
    while url:
        page = _page(client, url)
        [total] = page.xpath("//p[@class='behind']/@data-items")
        shown = int(total) if shown is None else shown
        held += len(page.xpath("//li[contains(@class, 'match-row')]"))
        following = page.xpath("//a[@rel='next']/@href")
        url = following[0] if following else ""
    assert held == shown
    return shown


@pytest.mark.parametrize("who", ["camille", "olive"])
@pytest.mark.parametrize("params", [{}, {"days": 7}, {"days": 91}, {"first": "2026-10-25", "last": "2026-10-25"}])
def test_every_figure_opens_exactly_the_items_that_it_counts(client, cast, comparison, who, params):
    _signed_in(client, getattr(cast, who))
    page = _page(client, reverse("comparison", args=[comparison.pk]), **params)
    links = page.xpath("//a[contains(@class, 'fig')]")
    assert len(links) > 12
    checked = {}
    for link in links:
        url = link.get("href")
        if url not in checked:
            checked[url] = _shown_count(client, link)
        assert int(link.get("data-items")) == checked[url], lxml.html.tostring(link)
    assert any(checked.values())


def test_no_number_of_the_figures_stands_outside_a_link(client, cast, comparison):
    page = _page(_signed_in(client, cast.camille), reverse("comparison", args=[comparison.pk]))
    for place in ("reputation-table", "tops"):
        for part in page.xpath(f"//*[contains(@class, '{place}')]"):
            for link in part.xpath(".//a[contains(@class, 'fig')]"):
                link.drop_tree()
            assert not re.search(r"\d", part.text_content()), part.text_content()


def test_reader_of_one_department_is_told_and_counts_less_than_the_house(client, cast, comparison):
    counts = {}
    for who in ("camille", "olive"):
        client.force_login(getattr(cast, who))
        page = _page(client, reverse("comparison", args=[comparison.pk]))
        counts[who] = int(page.xpath("//tbody/tr[1]/td[1]/a/@data-items")[0])
        assert ("Counted are the items of the departments" in page.text_content()) == (who == "camille")
        assert ("Ground" in page.text_content()) == (who == "olive")
    assert counts["camille"] < counts["olive"]
    client.force_login(cast.sam)
    assert client.get(reverse("comparison", args=[comparison.pk])).status_code == 404
    assert client.get(reverse("comparison-csv", args=[comparison.pk])).status_code == 404


def test_items_of_another_departments_query_are_not_there(client, cast, comparison, queries):
    _signed_in(client, cast.sam)
    for name in ("reputation-query", "reputation-items", "reputation-query-csv"):
        address = reverse(name, args=[queries[0].pk])
        assert client.get(address, {"since": "2026-10-01T00", "until": "2026-11-01T00"}).status_code == 404


@pytest.mark.parametrize(
    "params", [{}, {"since": "x", "until": "y"}, {"since": "2026-10-01T00", "until": "9999-12-31T23"},
               {"since": "2026-10-01T00", "until": "2026-11-01T00", "author": "1", "channel": "one"},
               {"since": "2026-10-01T00", "until": "2026-11-01T00", "known": "everything"}],
)  # fmt: skip
def test_an_address_that_asks_for_nothing_readable_is_not_there(client, cast, queries, params):
    answer = _signed_in(client, cast.camille).get(reverse("reputation-items", args=[queries[0].pk]), params)
    assert answer.status_code == 404


def test_figures_say_how_sure_they_are_and_what_is_not_known(client, cast, comparison, queries):
    _signed_in(client, cast.camille)
    said = " ".join(_page(client, reverse("comparison", args=[comparison.pk])).text_content().split())
    assert re.search(r"\d+\.\d% between \d+\.\d% and \d+\.\d%", said)
    assert re.search(r"known for \d+ of \d+", said)
    assert "more than chance" in said or "could be chance" in said
    tele = _page(client, reverse("reputation-query", args=[queries[1].pk]), first="2026-01-01", last="2026-01-07")
    assert "not known" in tele.text_content()
    assert "Nothing was found in these days" in tele.text_content()


def test_french_writes_figures_in_its_own_way(client, cast, comparison):
    cast.camille.language = "fr"
    cast.camille.save()
    _signed_in(client, cast.camille)
    said = _page(client, reverse("comparison", args=[comparison.pk])).text_content()
    assert re.search(r"\d+,\d\u202f% ", said)
    assert "Part de voix" in said


def test_own_dates_that_cannot_be_used_are_said_and_the_usual_period_shown(client, cast, comparison):
    _signed_in(client, cast.camille)
    for first, last in (("2026-10-09", "2026-10-01"), ("x", ""), ("2020-01-01", "2026-01-01"), ("", "2026-10-01")):
        page = _page(client, reverse("comparison", args=[comparison.pk]), first=first, last=last)
        assert page.xpath("//*[@role='alert']")
        assert page.xpath("//ul[contains(@class, 'tabs')]//a[@aria-current='page'][contains(@href, '28')]")


def test_a_comparison_is_made_changed_and_removed_without_scripts(client, cast, queries):
    _signed_in(client, cast.camille)
    form = {"name": "Side by side", "department": str(cast.news.pk), "days": "7", "rows": "4"}
    wider = client.post(reverse("comparison-new"), {**form, "query0": str(queries[0].pk), "more": "1"})
    assert wider.status_code == 200
    assert 'name="query7"' in wider.content.decode()
    assert not Comparison.objects.exists()
    alone = client.post(reverse("comparison-new"), {**form, "query0": str(queries[0].pk)})
    assert alone.status_code == 422
    assert "from 2 to 12 sides" in alone.content.decode()
    both = {**form, "query0": str(queries[0].pk), "query2": str(queries[1].pk), "label2": "The other"}
    answer = client.post(reverse("comparison-new"), both)
    made = Comparison.objects.get()
    assert answer.headers["Location"] == reverse("comparison", args=[made.pk])
    assert [side.label for side in made.sides.all()] == ["Radio", "The other"]
    kept = client.get(reverse("comparison-change", args=[made.pk])).content.decode()
    assert 'value="The other"' in kept
    for revision, status in (("1", 302), ("1", 422)):
        again = client.post(
            reverse("comparison-change", args=[made.pk]), {**both, "name": "Renamed", "revision": revision}
        )
        assert again.status_code == status
    client.post(reverse("comparison-remove", args=[made.pk]))
    assert not Comparison.objects.exists()


def test_a_contributor_reads_and_changes_no_comparison(client, cast, comparison):
    _signed_in(client, cast.conrad)
    assert client.get(reverse("comparison", args=[comparison.pk])).status_code == 200
    assert client.get(reverse("comparison-new")).status_code == 403
    assert client.get(reverse("comparison-change", args=[comparison.pk])).status_code == 403
    assert client.post(reverse("comparison-remove", args=[comparison.pk])).status_code == 403


def test_what_happened_is_written_beside_the_charts_and_taken_away(client, cast, comparison):
    _signed_in(client, cast.camille)
    url = reverse("comparison", args=[comparison.pk])
    wrong = client.post(url, {"text": "Strike", "at": "yesterday", "where": str(cast.news.pk)})
    assert wrong.status_code == 422
    assert 'value="Strike"' in wrong.content.decode()
    client.post(url, {"text": "Strike <b>", "at": "2026-10-25T02:30", "where": str(cast.news.pk)})
    written = Annotation.objects.get()
    assert written.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    page = client.get(url).content.decode()
    assert page.count("Strike &lt;b&gt;") >= 3
    assert page.count("bars-mark") == 2
    for back, there in ((url, url), ("//elsewhere.example/", reverse("reputation"))):
        one = add_annotation(cast.camille, "x", at=NOW, department=cast.news, now=NOW)
        answer = client.post(reverse("annotation-remove", args=[one.pk]), {"back": back})
        assert answer.headers["Location"] == there
    client.force_login(cast.sam)
    assert client.post(reverse("annotation-remove", args=[written.pk])).status_code == 404


def test_the_export_holds_each_figure_with_unit_period_and_range(client, cast, comparison):
    side = comparison.sides.first()
    side.label = "=cmd()"
    side.save()
    answer = _signed_in(client, cast.camille).get(reverse("comparison-csv", args=[comparison.pk]))
    assert answer.headers["Content-Disposition"].endswith('filename="houses-2026-10-05-2026-11-01.csv"')
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["Of"] for row in rows} == {"'=cmd()", "House B"}
    [share] = [row for row in rows if row["Of"] == "House B" and row["Figure"] == "Share of voice" and row["At least"]]
    assert float(share["At least"]) < float(share["Value"]) < float(share["At most"])
    [items] = [
        row for row in rows if row["Of"] == "House B" and row["Figure"] == "Items" and row["From"] == share["From"]
    ]
    assert (share["From"], share["Until"], share["Items"]) == ("2026-10-05", "2026-11-01", items["Value"])
    assert sum(
        int(row["Value"]) for row in rows if row["Of"] == "House B" and row["Figure"] == "Items over time"
    ) == int(items["Value"])


def test_an_empty_house_is_told_where_to_begin(client, cast):
    page = _signed_in(client, cast.camille).get(reverse("reputation")).content.decode()
    assert "No query listens yet" in page
    assert reverse("query-new") in page

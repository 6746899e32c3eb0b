"""Archives of every kind, made here: whole, cut off, huge, hostile."""

import io
import json
import tarfile
import tracemalloc
import zipfile
from datetime import UTC, datetime
from itertools import islice

import pytest

from parvis.connectors.archive import connector, read
from parvis.core.errors import AnswerNotUnderstood, FileNotUnderstood
from parvis.core.types import Kind, Payload, Status

WXR_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.1" -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Site</title><link>https://example.org</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_id>7</wp:author_id><wp:author_login><![CDATA[lea]]></wp:author_login>
<wp:author_display_name><![CDATA[Léa Rochat]]></wp:author_display_name></wp:author>
"""
WXR_TAIL = "</channel></rss>"


def wxr_comment(number, *, approved="1", parent=0, user=0, text="Hallo\nzäme\n\n<b>da</b>", kind="comment"):
    return f"""<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author><![CDATA[Anna]]></wp:comment_author>
<wp:comment_author_email>anna@example.test</wp:comment_author_email><wp:comment_author_url></wp:comment_author_url>
<wp:comment_author_IP>192.0.2.1</wp:comment_author_IP><wp:comment_date_gmt>2026-03-02 08:15:00</wp:comment_date_gmt>
<wp:comment_content><![CDATA[{text}]]></wp:comment_content><wp:comment_approved>{approved}</wp:comment_approved>
<wp:comment_type>{kind}</wp:comment_type><wp:comment_parent>{parent}</wp:comment_parent>
<wp:comment_user_id>{user}</wp:comment_user_id></wp:comment>"""


def wxr_item(number, comments="", *, kind="post", status="publish", title="Äpfel &amp; Birnen"):
    return f"""<item><title>{title}</title><link>https://example.org/{number}</link><dc:creator>lea</dc:creator>
<content:encoded><![CDATA[<!-- wp:paragraph --><p>Text {number}</p>]]></content:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>2026-03-01 07:00:00</wp:post_date_gmt>
<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{comments}</item>"""


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def all_of(path, start=0):
    items, problems = [], []
    for step in read(path, start=start):
        parsed = connector.parse(step.payload)
        items += parsed.items
        problems += parsed.problems
    return items, problems


def test_wordpress_export_gives_posts_pages_and_comments_in_their_threads(tmp_path):
    comments = "".join(
        [
            wxr_comment(1),
            wxr_comment(2, approved="0", parent=1),
            wxr_comment(3, approved="spam"),
            wxr_comment(4, approved="trash"),
            wxr_comment(5, approved="post-trashed"),
            wxr_comment(6, user=7, parent=2),
            wxr_comment(9, kind="pingback"),
        ]
    )
    text = wxr_item(10, comments) + wxr_item(11, kind="page", status="draft") + wxr_item(12, kind="attachment")
    items, problems = all_of(written(tmp_path / "export.xml", "\n" + WXR_HEAD + text + WXR_TAIL))
    found = {item.remote_id: item for item in items}
    assert problems == [] and list(found) == [*(f"comment:{n}" for n in range(1, 7)), "post:10", "post:11"]
    first = found["comment:1"]
    assert first.body == "<p>Hallo<br>\nzäme</p>\n<p><b>da</b></p>" and first.about_id == "post:10"
    assert first.published_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    assert "anna@" not in repr(items) and "192.0.2.1" not in repr(items)
    statuses = [found[f"comment:{number}"].status for number in range(1, 6)]
    assert statuses == [Status.PUBLISHED, Status.HELD, Status.SPAM, Status.TRASHED, Status.TRASHED]
    assert found["comment:2"].parent_id == "comment:1" and not first.author.is_house
    assert found["comment:6"].author.remote_id == "user:7" and found["comment:6"].author.is_house
    post = found["post:10"]
    assert (post.kind, post.title, post.author.name, post.url) == (
        Kind.ARTICLE,
        "Äpfel & Birnen",
        "Léa Rochat",
        "https://example.org/10",
    )
    assert found["post:11"].kind is Kind.PAGE and found["post:11"].status is Status.HELD


def test_wordpress_export_that_is_cut_off_gives_what_came_before(tmp_path):
    whole = WXR_HEAD + "".join(wxr_item(n, wxr_comment(n * 10)) for n in range(1, 50)) + WXR_TAIL
    items, problems = all_of(written(tmp_path / "cut.xml", whole[: whole.index("<wp:post_id>40<")]))
    assert {item.remote_id for item in items if item.kind is Kind.ARTICLE} == {f"post:{n}" for n in range(1, 40)}
    assert len(problems) == 1 and "cut off" in problems[0].detail


def test_entities_of_ones_own_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + WXR_HEAD[39:]
    with pytest.raises(FileNotUnderstood, match="entities"):
        all_of(written(tmp_path / "bomb.xml", bomb + wxr_item(1, title="&b;") + WXR_TAIL))


def test_control_signs_in_an_export_do_no_harm(tmp_path):
    text = WXR_HEAD + wxr_item(1, wxr_comment(2, text="a\x0bb\x1fc")) + WXR_TAIL
    items, problems = all_of(written(tmp_path / "export.xml", text))
    assert problems == [] and items[0].body == "<p>abc</p>"


def activity(number, **note):
    note = {
        "id": f"https://social.example/users/house/statuses/{number}",
        "type": "Note",
        "published": f"2026-01-01T00:00:{number % 60:02}Z",
        "attributedTo": "https://social.example/users/house",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "content": f"<p>Toot {number}</p>",
        "contentMap": {"fr": f"<p>Toot {number}</p>"},
        "attachment": [{"type": "Document", "mediaType": "image/png", "url": "/media/1.png", "name": "Un lac"}],
        **note,
    }
    return {"type": "Create", "actor": note["attributedTo"], "object": note}


def outbox(activities):
    return json.dumps({"@context": "x", "type": "OrderedCollection", "totalItems": 3, "orderedItems": activities})


ACTIVITIES = [
    activity(1),
    activity(2, inReplyTo="https://elsewhere.example/1", summary="Attention"),
    {"type": "Announce", "object": "https://elsewhere.example/2"},
    activity(3, to=["https://elsewhere.example/users/anna"]),
]
ACTOR = json.dumps({"id": "https://social.example/users/house", "preferredUsername": "house", "name": "La maison"})


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def tarred(path, files):
    with tarfile.open(path, "w:gz") as packed:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_mastodon_archive_gives_what_the_house_wrote(tmp_path, pack):
    path = pack(tmp_path / "archive", {"a/outbox.json": outbox(ACTIVITIES), "a/actor.json": ACTOR, "a/x.png": "x"})
    items, problems = all_of(path)
    assert problems == [] and [item.kind for item in items] == [Kind.ARTICLE, Kind.COMMENT, Kind.MESSAGE]
    first, answer, _ = items
    assert first.author.name == "La maison" and first.author.is_house and first.language == "fr"
    assert first.media[0].alt == "Un lac" and first.published_at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert answer.parent_id == "https://elsewhere.example/1" and answer.title == "Attention"


def test_mastodon_archive_that_is_cut_off_gives_what_came_before(tmp_path):
    text = outbox([activity(n) for n in range(2000)])
    items, problems = all_of(written(tmp_path / "outbox.json", text[: len(text) // 2]))
    assert 900 < len(items) < 1100 and len(problems) == 1
    path = tarred(tmp_path / "archive.tar.gz", {"outbox.json": text})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    items, problems = all_of(path)
    assert items and len(problems) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_is_read_whatever_its_delimiter_and_encoding(tmp_path, delimiter, encoding):
    rows = [
        ["ID", "Texte", "Auteur", "Date", "URL", "Parent", "Langue", "Statut", "Étoiles"],
        ["1", '"Bonjour,\nle ""monde"" ; été | \t"', "Zoé", "2026-03-01T12:00:00+01:00", "", "", "fr", "approved", "5"],
        ["2", "Réponse", "Zoé", "31.12.2025 14:05", "https://example.org/2", "1", "", "pending", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    (first, second), problems = all_of(written(tmp_path / "table.csv", text, encoding))
    assert problems == []
    assert (first.remote_id, first.body) == ("1", 'Bonjour,\nle "monde" ; été |') and first.facts == {"Étoiles": "5"}
    assert first.published_at == datetime(2026, 3, 1, 11, tzinfo=UTC) and first.language == "fr"
    assert first.author.name == "Zoé" and first.author.remote_id == second.author.remote_id
    assert second.parent_id == "1" and second.status is Status.HELD and second.kind is Kind.COMMENT
    assert second.published_at == datetime(2025, 12, 31, 14, 5, tzinfo=UTC)


def test_bad_rows_are_told_and_hide_no_good_ones(tmp_path):
    text = "id,text,date\n1,good,2026-01-01\n2,short\n3,late,04/05/2026\n4,,\n5,fine,\n"
    items, problems = all_of(written(tmp_path / "t.csv", text))
    assert [item.remote_id for item in items] == ["1", "5"]
    assert [problem.where.rsplit(" ", 1)[1] for problem in problems] == ["2", "3", "4"]


def test_json_lines_and_json_arrays_give_the_same(tmp_path):
    rows = [
        {"id": 7, "text": "Hi", "author": {"name": "Al", "url": "https://al.example"}, "created_at": 1767225600},
        {"content": "No id", "user": "Al", "published_at": "Thu, 01 Jan 2026 00:00:00 +0000", "extra": {"a": 1}},
    ]
    lines = all_of(written(tmp_path / "a.jsonl", "\n\n".join(map(json.dumps, rows))))
    array = all_of(written(tmp_path / "a.json", json.dumps(rows, indent=1)))
    assert lines == array and lines[1] == []
    first, second = lines[0]
    assert first.remote_id == "7" and first.author.url == "https://al.example"
    assert first.published_at == second.published_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert second.remote_id.startswith("row:") and second.facts == {"extra": {"a": 1}}


def test_broken_line_is_told_with_its_number(tmp_path):
    items, problems = all_of(written(tmp_path / "a.jsonl", '{"text": "a"}\n{"text": \n[1]\n{"text": "b"}\n{"text": "c'))
    assert [item.body for item in items] == ["a", "b"] and len(problems) == 3
    assert problems[0].detail.startswith("line 2")


GARBAGE = {
    "empty": b"",
    "blank": b" \n ",
    "noise": bytes(range(256)) * 50,
    "page": b"<!doctype html><html><body>Hello</body></html>",
    "news": b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>',
    "letter": b"Dear madam,\nplease find\n",
    "zip": b"PK\x03\x04" + b"\0" * 200,
    "gz": b"\x1f\x8b" + b"\0" * 200,
    "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "columns": b"a,b,c\n1,2,3\n",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_in_words(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(GARBAGE[name])
    with pytest.raises(FileNotUnderstood) as caught:
        read(path)
    assert name in caught.value.text.en and "§" not in caught.value.text.fr


def test_zip_without_outbox_and_missing_file_are_refused(tmp_path):
    with pytest.raises(FileNotUnderstood, match=r"outbox\.json"):
        read(zipped(tmp_path / "a.zip", {"photo.jpg": "x"}))
    with pytest.raises(FileNotUnderstood, match="opened"):
        read(tmp_path / "missing.csv")


def huge(tmp_path, kind):
    path = tmp_path / f"huge.{kind}"
    with path.open("w") as file:
        if kind == "xml":
            file.write(WXR_HEAD + "<item><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type>")
            file.writelines(wxr_comment(n) for n in range(1, 50_001))
            file.write("</item>" + WXR_TAIL)
        elif kind == "jsonl":
            file.writelines(f'{{"id": {n}, "text": "Line {n} {"x" * 300}"}}\n' for n in range(50_000))
        elif kind == "csv":
            file.write("id,text\n")
            file.writelines(f'{n},"Line {n}\n{"x" * 300}"\n' for n in range(50_000))
        else:
            file.write('{"type": "OrderedCollection", "orderedItems": [')
            file.write(",".join(json.dumps(activity(n)) for n in range(50_000)))
            file.write("]}")
    return path


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("xml", "csv", "json")]


@pytest.mark.parametrize("kind", ["jsonl", *SLOW])
def test_fifty_thousand_records_are_read_in_little_memory_and_from_anywhere(tmp_path, kind):
    path = huge(tmp_path, kind)
    tracemalloc.start()
    try:
        steps = records = shown = 0
        tail = {}
        for step in read(path):
            assert step.read_bytes >= shown and step.total_bytes == path.stat().st_size
            steps, shown = steps + 1, step.read_bytes
            found = json.loads(step.payload.body)
            records += len(found)
            assert len(found) <= 200
            if step.position > 49_700:
                tail.update({entry["number"]: entry for entry in found})
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert records >= 50_000 and steps >= 250 and shown == path.stat().st_size
    assert peak_bytes < 8_000_000
    again = [entry for step in read(path, start=49_777) for entry in json.loads(step.payload.body)]
    assert again[0]["number"] == 49_778 and all(tail[entry["number"]] == entry for entry in again)


def test_resumed_import_gives_the_same_items(tmp_path):
    text = WXR_HEAD + "".join(wxr_item(n, wxr_comment(n * 10) + wxr_comment(n * 10 + 1)) for n in range(1, 300))
    path = written(tmp_path / "export.xml", text + WXR_TAIL)
    whole, _ = all_of(path)
    first = list(islice(read(path), 2))
    begun = [item for step in first for item in connector.parse(step.payload).items]
    rest, _ = all_of(path, start=first[-1].position)
    assert begun + rest == whole


def test_payload_of_somebody_else_is_not_understood():
    for payload in (Payload(endpoint="rows", url="file:x", body=b"{"), Payload(endpoint="?", url="file:x", body=b"[]")):
        with pytest.raises(AnswerNotUnderstood):
            connector.parse(payload)

"""Pictures, films and sounds out of an article's HTML."""

import pytest

from parvis.core.text.shown import MOST, media_in
from parvis.core.types import MediaRecord


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("no tag", []),
        ('<p><img class="a" alt="Un lac &amp; &quot;moi&quot;" src="/a.png?x=1&amp;y=2"/></p>', [("/a.png?x=1&y=2", 'Un lac & "moi"')]),
        ("<IMG SRC='/a.png'><img src='/b.png' alt=''><img src='/a.png' alt='x'>", [("/a.png", ""), ("/b.png", "")]),
        ('<img src="data:image/png;base64,x"><img alt="no source"><img class="wp-smiley emoji" src="/e.png">', []),
        ('<video controls><source src="/a.mp4" type="video/mp4"></video><audio src="/b.mp3">', [("/a.mp4", ""), ("/b.mp3", "")]),
        ('<img src="/a.png" alt="unclosed', []),
    ],
)  # fmt: skip
def test_media_stand_in_their_order(html: str, found: list[tuple[str, str]]) -> None:
    assert [(one.url, one.alt) for one in media_in(html)] == found


def test_kind_is_told_where_the_page_tells_it() -> None:
    assert media_in('<source src="/a.mp4" type="video/mp4">') == [MediaRecord(url="/a.mp4", kind="video/mp4")]


def test_endless_article_gives_no_endless_list() -> None:
    assert len(media_in("".join(f'<img src="/{number}.png">' for number in range(500)))) == MOST

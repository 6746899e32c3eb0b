"""The words of a piece of HTML."""

import time

import pytest

from parvis.core.text.plain import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Un</p><p>deux</p>", "Un\ndeux"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a  \n b\tc", "a b c"),
        ("l&#8217;eau &amp; le&nbsp;feu", "l’eau & le feu"),
        ("<script>alert(1)</script>x<style>p{}</style>y<!-- z -->", "x y"),
        ("<script>never closed", ""),
        ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a <b", "a"),
        ("", ""),
    ],
)
def test_text_reads_as_it_would_be_seen(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_signs_that_mislead_the_eye_are_gone() -> None:
    assert plain_text("abc\u202egnp.exe\u202c\u2066x\u2069\0\x1b[31m") == "abcgnp.exex[31m"


def test_the_marks_that_arabic_and_emoji_need_stay() -> None:
    text = "\u200fمرحبا\u200e 👩\u200d💻 می\u200cخواهم"
    assert plain_text(text) == text


def test_short_comments_pass_by_the_ten_thousand_a_second() -> None:
    comment = "<p>Merci pour cet article, c’est très clair&nbsp;!</p>\n<p>Je l’ai <b>partagé</b> &amp; relu.</p>"
    start = time.process_time()
    for _ in range(4000):
        plain_text(comment)
    assert time.process_time() - start < 4000 / 8_000  # 27,000/s on a quiet machine

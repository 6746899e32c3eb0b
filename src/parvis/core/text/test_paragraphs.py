"""Plain text as the HTML of an article: nothing in it is markup, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.core.text.paragraphs import paragraphs, sendable
from parvis.core.text.plain import plain_text, squeezed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \r\n\r\n ", []),
        ("One\r\n\r\n \t\nTwo\nlines", ["One", "Two<br>lines"]),
        ("1 < 2 & <script>x</script>", ["1 &lt; 2 &amp; &lt;script&gt;x&lt;/script&gt;"]),
        (
            "See https://example.org/a?x=1&y=2.",
            ['See <a href="https://example.org/a?x=1&amp;y=2">https://example.org/a?x=1&amp;y=2</a>.'],
        ),
        ("javascript:alert(1) \ud800\0", ["javascript:alert(1)"]),
    ],
)
def test_text_becomes_paragraphs(text: str, found: list[str]) -> None:
    assert paragraphs(text) == found


@given(st.text(max_size=80) | st.text("<>&\"' \nab.https://example.org", max_size=80))
def test_every_word_is_read_again(text: str) -> None:
    html = "".join(f"<p>{one}</p>" for one in paragraphs(text))
    assert plain_text(html).split() == squeezed(sendable(text)).split()

"""Pieces of pages that are kept: alike for many, with what differs filled in each time."""

import pytest
from django.core.cache import caches
from django.middleware.csrf import get_token
from django.template import Context, Template
from django.template.exceptions import TemplateSyntaxError
from django.test import RequestFactory


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["pages"].clear()


def _render(text: str, **values: object) -> str:
    return Template("{% load keeping %}" + text).render(Context(values))


def test_what_tells_pieces_apart_is_never_mixed_up() -> None:
    text = '{% kept "door" color %}<b>{{ color }}</b>{% endkept %}'
    assert [_render(text, color=one) for one in ("red", "blue", "red")] == [
        "<b>red</b>", "<b>blue</b>", "<b>red</b>",
    ]  # fmt: skip


def test_a_hole_is_filled_each_time_and_escaped() -> None:
    text = '{% kept "door" with name=who %}<b title="{{ name }}">{{ name }}</b>{% endkept %}'
    assert _render(text, who="Ann") == '<b title="Ann">Ann</b>'
    assert _render(text, who='"><script>') == '<b title="&quot;&gt;&lt;script&gt;">&quot;&gt;&lt;script&gt;</b>'


def test_what_fills_a_hole_opens_no_other() -> None:
    text = '{% kept "door" with name=who key=id %}{{ name }}|{{ key }}{% endkept %}'
    assert _render(text, who="987654321001 987654321999", id=5) == "987654321001 987654321999|5"


def test_the_form_token_is_each_browsers_own() -> None:
    text = '{% kept "form" %}{% csrf_token %}{% endkept %}'
    tokens = [get_token(RequestFactory().get("/")) for _ in range(2)]
    for token in tokens:
        assert token in _render(text, csrf_token=token)


def test_a_piece_without_a_name_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        _render("{% kept with a=b %}{% endkept %}")

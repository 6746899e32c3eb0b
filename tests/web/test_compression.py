"""Pages leave small, in what the browser takes, and never the same length twice by design."""

import zlib

import brotli
import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from parvis.web.compression import compression

PAGE = b"<p>The same words again and again.</p>" * 200


def _answer(accepted: str, content: bytes = PAGE, kind: str = "text/html; charset=utf-8") -> HttpResponse:
    request = RequestFactory().get("/", headers={"accept-encoding": accepted} if accepted else {})
    response = compression(lambda _: HttpResponse(content, content_type=kind))(request)
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("gzip;q=0.0", None), ("", None)],
)
def test_a_page_leaves_in_what_the_browser_takes(accepted: str, encoding: str | None) -> None:
    assert _answer(accepted).headers.get("Content-Encoding") == encoding


@pytest.mark.parametrize("accepted", ["br", "gzip"])
def test_what_arrives_is_what_was_written(accepted: str) -> None:
    answer = _answer(accepted)
    content = brotli.decompress(answer.content) if accepted == "br" else zlib.decompress(answer.content, 31)
    assert content.startswith(PAGE)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_json_is_not_padded() -> None:
    content = b'{"names": [' + b'"somebody", ' * 100 + b'"nobody"]}'
    assert brotli.decompress(_answer("br", content, "application/json").content) == content


def test_the_length_of_a_page_tells_nothing() -> None:
    assert len({len(_answer("gzip").content) for _ in range(40)}) > 5


def test_short_answers_stay_as_they_are() -> None:
    assert not _answer("br", b"short").has_header("Content-Encoding")

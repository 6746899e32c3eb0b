"""JSON out of what WordPress sends: its own errors printed before and after are stepped over."""

import html
import json
import re
from typing import Any

from parvis.core.errors import AnswerNotUnderstood
from parvis.core.wording import Text

NOTICE = re.compile(rb"<b>(?:\w+ )?(?:Deprecated|Notice|Warning|Strict Standards)</b>", re.IGNORECASE)
PAGE = re.compile(rb"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
START = re.compile(rb"(?:^|[>\n\r])\s*([\[{])")
TAG = re.compile(r"<[^>]*>")

NO_JSON = Text("a web page instead of data", "une page web au lieu de données")
CUT_OFF = Text("data that is cut off or broken", "des données coupées ou abîmées")
OTHER_SHAPE = Text(
    "data of another shape than WordPress gives", "des données d’une autre forme que celles de WordPress"
)


def decode_json(body: bytes, *, host: str) -> Any:
    """What the JSON in an answer says. Raises AnswerNotUnderstood where it is none, or only half.

    PHP prints its notices into the answer where the site's operator left display_errors on
    (`<br /><b>Deprecated</b>: …` and then `[{`), so text before and after is allowed where it
    reads like such a notice, and nothing else is.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        return json.loads(body)
    except ValueError:
        pass
    except RecursionError as error:
        raise AnswerNotUnderstood(host=host, detail=CUT_OFF) from error
    for start in START.finditer(body, 0, 200_000):
        before = body[: start.start(1)]
        if PAGE.search(before) or (before and not NOTICE.search(before)):
            continue
        found = _leading_json(body[start.start(1) :])
        if found is not None:
            return found
    raise AnswerNotUnderstood(host=host, detail=NO_JSON if PAGE.search(body[:2000]) or not body else CUT_OFF)


def _leading_json(body: bytes) -> Any | None:
    text = body.decode("utf-8", "replace")
    try:
        found, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    after = text[end:].strip().encode()
    return found if not after or NOTICE.search(after) else None


def records(body: bytes, *, host: str) -> list[Any]:
    """The list in an answer. Raises AnswerNotUnderstood where it is something else."""
    found = decode_json(body, host=host)
    if not isinstance(found, list):
        raise AnswerNotUnderstood(host=host, detail=OTHER_SHAPE)
    return found


def record(body: bytes, *, host: str) -> dict[str, Any]:
    """The object in an answer. Raises AnswerNotUnderstood where it is something else."""
    found = decode_json(body, host=host)
    if not isinstance(found, dict):
        raise AnswerNotUnderstood(host=host, detail=OTHER_SHAPE)
    return found


def plain(markup: str) -> str:
    """A title or message of WordPress without its tags and entities, on one line."""
    return " ".join(html.unescape(TAG.sub("", markup)).split())

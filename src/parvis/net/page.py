"""Reading an answer: its text in whatever charset it really is, its JSON, the complaint in it."""

import codecs
import html
import re
from typing import Any, TypeVar, overload

import httpx2
import msgspec

from parvis.core.errors import AnswerNotUnderstood
from parvis.core.types import Answer
from parvis.core.wording import Text

T = TypeVar("T")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LATIN = frozenset({"ascii", "iso8859-1", "cp1252"})
"""What https://encoding.spec.whatwg.org/#names-and-labels reads as windows-1252."""
_CHARSETS = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "koi8-r", "koi8-u", "cp866"}
    | {"gbk", "gb2312", "gb18030", "big5", "big5hkscs", "euc_jp", "shift_jis", "cp932", "iso2022_jp", "euc_kr", "cp949"}
    | {"mac-roman", "mac-cyrillic", "cp874", "tis-620"}
    | {f"cp{page}" for page in range(1250, 1259)}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | _LATIN
)
"""Python knows more, some of them no charsets at all ("hex", "unicode_escape")."""
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_IN_PAGE = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})|<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
_HEAD_BYTES = 4096
_TAG = re.compile(r"<[^<>]{0,1000}>")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)


def decode_text(answer: Answer) -> str:
    """The body as text; never raises, and bytes that make no sense become U+FFFD.

    In order: byte-order mark, Content-Type, XML or meta declaration, UTF-8, Windows-1252. A Latin charset
    that is declared loses against bytes that are valid UTF-8: chance does not produce those.
    """
    body = answer.body
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    declared = _declared_charset(answer)
    if declared is None or declared == "utf-8" or declared in _LATIN:
        return _as_utf8(body) or body.decode("utf-8" if _is_mostly_utf8(body) else "cp1252", "replace")
    try:
        return body.decode(declared)
    except UnicodeError:
        return _as_utf8(body) or body.decode(declared, "replace")


def _as_utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeError:
        return None


def _declared_charset(answer: Answer) -> str | None:
    in_header = _IN_HEADER.search(answer.headers.get("content-type", ""))
    if in_header and (charset := _known_charset(in_header[1])):
        return charset
    in_page = _IN_PAGE.search(answer.body[:_HEAD_BYTES])
    if in_page is None:
        return None
    charset = _known_charset((in_page[1] or in_page[2]).decode("ascii", "replace"))
    # A page whose declaration can be read byte by byte is not in UTF-16, whatever it claims.
    return "utf-8" if charset and charset.startswith(("utf-16", "utf-32")) else charset


def _known_charset(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return name if name in _CHARSETS else None


def _is_mostly_utf8(body: bytes) -> bool:
    """True where single damaged bytes stand among valid sequences: a text that was cut or patched."""
    text = body.decode("utf-8", "replace")
    valid = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return valid > text.count("\ufffd")


@overload
def json_of(answer: Answer) -> Any: ...
@overload
def json_of(answer: Answer, kind: type[T]) -> T: ...
def json_of(answer: Answer, kind: Any = Any) -> Any:
    """The body as JSON, held against `kind` (a msgspec type). Raises AnswerNotUnderstood in words that help."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.ValidationError as error:
        detail = Text(f"JSON of another shape ({error})", f"du JSON d’une autre forme ({error})")
        raise _not_understood(answer, detail) from error
    except RecursionError as error:
        raise _not_understood(answer, Text("JSON nested without end", "du JSON imbriqué sans fin")) from error
    except ValueError as error:
        return _json_of_text(answer, kind, error)


def _json_of_text(answer: Answer, kind: Any, first: ValueError) -> Any:
    """Once more where only the charset or a byte-order mark was in the way."""
    text = decode_text(answer).strip("\ufeff \t\r\n\0")
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=kind)
    except (ValueError, RecursionError):
        raise _not_understood(answer, _instead_of_json(text, first)) from first


def _instead_of_json(text: str, error: ValueError) -> Text:
    start = text[:2000].lstrip().lower()
    if not start:
        return Text("an empty answer instead of JSON", "une réponse vide au lieu de JSON")
    if re.match(r"(?:<br />\s*)?<b>(?:warning|notice|deprecated|fatal error|parse error)", start):
        return Text(
            "messages of PHP instead of JSON (its operator should switch display_errors off)",
            "des messages de PHP au lieu de JSON (son exploitant devrait désactiver display_errors)",
        )
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<!--")):
        title = _TITLE.search(text)
        named = plain(title[1], limit=80) if title else ""
        return Text(
            "an HTML page instead of JSON" + (f" (“{named}”)" if named else ""),
            "une page HTML au lieu de JSON" + (f" («\u202f{named}\u202f»)" if named else ""),
        )
    if start.startswith("<"):
        return Text("XML instead of JSON", "du XML au lieu de JSON")
    if start[0] in "{[":
        return Text(f"broken JSON ({error})", f"du JSON abîmé ({error})")
    return Text("something else instead of JSON", "autre chose que du JSON")


def _not_understood(answer: Answer, detail: Text) -> AnswerNotUnderstood:
    return AnswerNotUnderstood(host=host_of(answer), detail=detail, answer=answer)


def host_of(answer: Answer) -> str:
    return httpx2.URL(answer.url).host


class Complaint(msgspec.Struct, frozen=True):
    """What an answer says about its own failure; "" where it says nothing."""

    code: str = ""
    message: str = ""


def complaint_of(answer: Answer) -> Complaint:
    """The `code` and `message` of a JSON error, under the names that WordPress, Mastodon and OAuth use."""
    if not answer.body.lstrip().startswith(b"{"):
        return Complaint()
    try:
        said = json_of(answer, dict[str, Any])
    except AnswerNotUnderstood:
        return Complaint()
    return Complaint(
        code=_first_text(said, ("code", "error", "type")),
        message=_first_text(said, ("message", "error_description", "detail", "title", "error")),
    )


def _first_text(said: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((plain(said[name]) for name in names if isinstance(said.get(name), str) and said[name].strip()), "")


def plain(text: str, *, limit: int = 200) -> str:
    """One line without tags, entities or control characters, for a sentence of ours."""
    bare = html.unescape(_TAG.sub(" ", text[: limit * 20]))
    kept = "".join(char if char.isprintable() else " " for char in bare)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"

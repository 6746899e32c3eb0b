"""Bytes of a mail as text: the charset that it names, where that is one, else the likeliest."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header

LONGEST_HEADER = 8_000
_MEANT = {
    # What mail programs write, and what they mean by it.
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_TEXT_CODECS = re.compile(
    r"(?:ascii|utf-?(?:7|8|16|32)|iso8859|cp\d|koi8|gb|hz|big5|euc_|shift_jis|iso2022|mac|tis_620|johab|ptcp154)"
)
_ALIASES = {"ks_c_5601-1987": "cp949", "x-sjis": "cp932", "x-gbk": "gb18030", "iso-8859-8-i": "iso8859-8"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def text_of(content: bytes, charset: str = "") -> str:
    """Never fails: what no charset can read is shown as �."""
    for name in (_known(charset), "utf-8"):
        if name:
            try:
                return content.decode(name)
            except (UnicodeError, ValueError):
                continue
    known = _known(charset)
    if known and known != "utf-8":
        return content.decode(known, "replace")
    text = content.decode("utf-8", "replace")
    is_damaged_utf8 = sum(1 for sign in text if sign > "\x7f" and sign != "\ufffd") > text.count("\ufffd")
    return text if is_damaged_utf8 else content.decode("cp1252", "replace")


def _known(charset: str) -> str:
    label = charset.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name if label else ""
    except (LookupError, ValueError):
        return ""
    # Python's codecs also unzip and unescape: those are nothing for strangers.
    return _MEANT.get(name, name) if _TEXT_CODECS.match(name) else ""


def words_of(raw: str, *, longest: int = 1000) -> str:
    """A header as people read it, on one line. `raw` is as the parser gives it, odd bytes as surrogates."""
    raw = _unfolded(raw[:LONGEST_HEADER])
    try:
        pieces = decode_header(raw) if "=?" in raw else [(raw, None)]
    except (HeaderParseError, ValueError):
        pieces = [(raw, None)]
    text = "".join(_piece(content, charset) for content, charset in pieces)
    return " ".join(_CONTROL.sub(" ", text).split())[:longest]


def _piece(content: bytes | str, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    if charset is None:  # what stands between encoded words comes so from decode_header
        try:
            return content.decode("raw-unicode-escape")
        except UnicodeError:
            return text_of(content)
    return text_of(content, charset)


def _unfolded(raw: str) -> str:
    """Bytes beyond ASCII, which no header should hold, as what they most likely are."""
    if raw.isascii():
        return raw
    return text_of(raw.encode("utf-8", "surrogateescape"))

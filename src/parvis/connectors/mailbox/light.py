"""A mail without the weight of its attachments: what is kept is what was said, and that there was something beside it."""

from email import policy
from email.generator import BytesGenerator
from email.message import Message
from email.parser import BytesParser
from io import BytesIO

SIZE_HEADER = "X-Parvis-Size"
"""Written into a part whose content was left out: how many bytes it had."""
MOST_KEPT_BYTES = 1_000_000
MOST_SEAMS = 2_000
"""Lines that may begin a part: a mail with more is not taken apart."""
_POLICY = policy.compat32.clone(max_line_length=0, linesep="\r\n")
_FROM_BROKEN_PARTS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def without_attachments(mail: bytes) -> bytes:
    """The same to the byte where it has none; cut after 1 MB where it cannot be taken apart."""
    if has_too_many_seams(mail):
        return mail[:MOST_KEPT_BYTES]
    try:
        message = BytesParser(policy=_POLICY).parsebytes(mail)
        left_out = [part for part in leaves_of(message) if _leave_out(part)]
        return _written(message) if left_out else mail[: MOST_KEPT_BYTES * 2]
    except _FROM_BROKEN_PARTS:
        return mail[:MOST_KEPT_BYTES]


def has_too_many_seams(mail: bytes) -> bool:
    return mail.count(b"\n--") > MOST_SEAMS or mail.count(b"multipart/") > MOST_SEAMS // 20


def leaves_of(message: Message) -> list[Message]:
    """The parts that hold no parts, in order; without recursion, as nesting is free for whoever writes a mail."""
    found: list[Message] = []
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting.extend(reversed([one for one in inside if isinstance(one, Message)]))
        else:
            found.append(part)
    return found


def is_attachment(part: Message) -> bool:
    """Everything that is no text to be read where it stands."""
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
        return True
    return part.get_content_subtype() not in {"plain", "html", "enriched"} or part.get_filename() is not None


def size_of(part: Message) -> int | None:
    """Of what a part holds, or held before it was left out."""
    told = part.get(SIZE_HEADER, "")
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 16:
        return int(told)
    return len(bytes_of(part))


def bytes_of(part: Message) -> bytes:
    """Decoded as well as it can be."""
    try:
        content = part.get_payload(decode=True)
    except _FROM_BROKEN_PARTS:
        return b""
    return content if isinstance(content, bytes) else b""


def _leave_out(part: Message) -> bool:
    if not is_attachment(part) or not part.get_payload():
        return False
    size_bytes = len(bytes_of(part))
    part.set_payload("")
    del part[SIZE_HEADER]
    part[SIZE_HEADER] = str(size_bytes)
    return True


def _written(message: Message) -> bytes:
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=_POLICY).flatten(message)
    return out.getvalue()

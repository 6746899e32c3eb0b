"""A mail as it goes out: plain text and HTML that say the same, pictures in place, other files beside.

Every header is set through the library's own policy, which refuses a line end in one; addresses are checked
before. What has letters beyond ASCII is encoded (RFC 2047, RFC 2231, IDNA), but for the part before an @,
which only SMTPUTF8 can carry.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from parvis.connectors.mailbox.address import sender_in
from parvis.core.connector import Order
from parvis.core.errors import BadInput, FieldMissing, FileNotUnderstood
from parvis.core.text.paragraphs import paragraphs, sendable
from parvis.core.wording import Text

Shown = tuple[str, str, str]
"""Of a picture in the mail: its id, what it shows, what stands below it."""
_SPECIAL = re.compile(r"[\x00-\x20\x7f<>()\[\],;:\\\"]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}\Z")
_NO_ADDRESS = Text("“{written}” is no mail address", "«\u202f{written}\u202f» n’est pas une adresse de courriel")
_NO_WAY_OUT = Text(
    "people leave a list by an address that begins with https:// or mailto:",
    "on quitte une liste par une adresse qui commence par https:// ou mailto:",
)
_CHANGED = Text("it has changed since it was chosen", "il a changé depuis qu’il a été choisi")
_NOT_THERE = Text("it is not there any more", "il n’est plus là")
_LEAVE = {"fr": "Se désabonner", "en": "Unsubscribe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Whose mail it is and to which list it goes."""

    name: str
    sender: str
    """The address alone, as it travels."""
    list_address: str
    leave_address: str = ""
    """Where one leaves the list, where no list server says so itself."""


def letterhead_of(credentials: Mapping[str, str]) -> Letterhead:
    """Raises FieldMissing, BadInput."""
    written = credentials.get("sender", "").strip() or credentials.get("username", "").strip()
    name, sender = sender_in(written)
    to = credentials.get("list", "").strip()
    if not to:
        raise FieldMissing(field=Text("Mailing list", "Liste de diffusion"))
    return Letterhead(
        name=" ".join(sendable(name).split())[:100],
        sender=_address(sender, written),
        list_address=_address(to, to),
        leave_address=_way_out(credentials.get("leave", "").strip()),
    )


def _address(address: str, written: str) -> str:
    local, at, domain = address.rpartition("@")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    is_odd = not at or not local or not host or len(address) > 254 or not address.isprintable()
    if is_odd or _SPECIAL.search(local) or _SPECIAL.search(host):
        raise BadInput(detail=_NO_ADDRESS.format(written=written[:100]))
    return f"{local}@{host}"


def _way_out(written: str) -> str:
    if not written:
        return ""
    if urlsplit(written).scheme not in {"https", "mailto"} or _SPECIAL.search(written.replace(":", "")):
        raise BadInput(detail=_NO_WAY_OUT)
    return written


def message_id(order: Order, head: Letterhead) -> str:
    """Without its brackets; the same at every try, so that a second copy is known for one."""
    return f"{order.key}.parvis@{head.sender.rpartition('@')[2]}"


def mail_of(order: Order, head: Letterhead) -> bytes:
    """Reads files from the disk: not for the event loop. Raises FileNotUnderstood."""
    body = order.body
    is_wide = not (head.sender + head.list_address).isascii()
    message = EmailMessage(policy=policy.SMTPUTF8 if is_wide else policy.SMTP)
    message["From"] = _address_header(head.sender, head.name)
    message["To"] = _address_header(head.list_address)
    message["Subject"] = str(body["subject"])
    message["Date"] = format_datetime(order.written_at)
    message["Message-ID"] = f"<{message_id(order, head)}>"
    message["Auto-Submitted"] = "auto-generated"
    if head.leave_address:
        message["List-Id"] = f"<{head.list_address.replace('@', '.')}>"
        message["List-Unsubscribe"] = f"<{head.leave_address}>"
    language = str(body.get("language") or "")
    _fill(message, order, head, language=language)
    if _LANGUAGE.match(language):
        message["Content-Language"] = language
    return message.as_bytes()


def _address_header(address: str, name: str = "") -> Address:
    local, _, host = address.rpartition("@")
    return Address(display_name=name, username=local, domain=host)


def _fill(message: EmailMessage, order: Order, head: Letterhead, *, language: str) -> None:
    text = str(order.body.get("text") or "")
    said = [(str(one.get("alt") or ""), str(one.get("caption") or "")) for one in order.body.get("files") or ()]
    contents = [_content(file.path, file.size_bytes, file.name) for file in order.files]
    files = list(zip(order.files, said, contents, strict=True))
    pictures = [one for one in files if one[0].mime.startswith("image/")]
    shown = [(f"{place}.{order.key}@parvis", *said) for place, (_, said, _) in enumerate(pictures, 1)]
    leave = _LEAVE.get(language.partition("-")[0].lower(), _LEAVE["en"])
    message.set_content(_plain(text, shown, head, leave), cte="quoted-printable")
    page = _page(text, shown, head, leave, title=str(order.body["subject"]), language=language)
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    html = message.get_payload()[1]  # type: ignore[index]
    for (cid, *_), (file, _, content) in zip(shown, pictures, strict=True):
        html.add_related(content, "image", file.mime.partition("/")[2], cid=f"<{cid}>", filename=_name(file.name), disposition="inline")  # type: ignore[union-attr]  # fmt: skip
    for file, said_of_it, content in files:
        if not file.mime.startswith("image/"):
            kind, _, subtype = file.mime.partition("/")
            message.add_attachment(content, kind, subtype, filename=_name(file.name))
            if any(said_of_it):
                words = " – ".join(filter(None, reversed(said_of_it)))
                message.get_payload()[-1]["Content-Description"] = words  # type: ignore[index]


def _name(name: str) -> str:
    return " ".join(sendable(name).split()).replace("/", "_")[:150] or "file"


def _content(path: Path, size_bytes: int, name: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileNotUnderstood(name=name, detail=_NOT_THERE) from error
    if len(content) != size_bytes:
        raise FileNotUnderstood(name=name, detail=_CHANGED)
    return content


def _plain(text: str, shown: list[Shown], head: Letterhead, leave: str) -> str:
    described = ["\n".join(filter(None, [caption, f"[{alt}]" if alt else ""])) for _, alt, caption in shown]
    foot = [f"-- \n{leave} : {head.leave_address}"] if head.leave_address else []
    return "\n\n".join(one for one in (text, *described, *foot) if one) + "\n"


def _picture(cid: str, alt: str, caption: str) -> str:
    image = f'<img src="cid:{cid}" alt="{escape(alt)}" style="max-width:100%;height:auto">'
    if not caption:
        return f"<p>{image}</p>"
    return f'<figure style="margin:1em 0">{image}<figcaption>{escape(caption, quote=False)}</figcaption></figure>'


def _page(text: str, shown: list[Shown], head: Letterhead, leave: str, *, title: str, language: str) -> str:
    lang = f' lang="{escape(language)}"' if _LANGUAGE.match(language) else ""
    lines = [f"<p>{one}</p>" for one in paragraphs(text)]
    lines += [_picture(*one) for one in shown]
    if head.leave_address:
        lines.append(f'<hr><p><small><a href="{escape(head.leave_address)}">{leave}</a></small></p>')
    inside = "\n".join(lines)
    return (
        f'<!DOCTYPE html>\n<html{lang}><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f'<body dir="auto">\n{inside}\n</body></html>\n'
    )

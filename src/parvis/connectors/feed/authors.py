"""Who wrote an entry: from the one line that RSS gives, or from the name, e-mail and address of Atom."""

import re

from parvis.core.text.plain import plain_text
from parvis.core.types import ProfileRecord

_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,80}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|<\s*>|\[\s*\]")
_MAX_CHARS = 300


def author_from_line(line: str) -> ProfileRecord | None:
    """“jean@example.org (Jean Dupont)”, “Jean Dupont <jean@example.org>”, or a name alone."""
    if "@" not in line:
        return author_from_parts(name=line)
    line = line[:_MAX_CHARS]
    found = _EMAIL.search(line)
    if found is None:
        return author_from_parts(name=line)
    rest = _EMPTY_BRACKETS.sub(" ", _MAILTO.sub("", line[: found.start()] + " " + line[found.end() :]))
    return author_from_parts(name=rest.strip(" \t\r\n,;:()<>"), email=found.group())


def author_from_parts(*, name: str = "", email: str = "", url: str = "", avatar_url: str = "") -> ProfileRecord | None:
    """None where nothing is known. The e-mail tells people apart best, then the address, then the name."""
    name = _words(name)
    email = email.strip()
    if email:
        remote_id = f"mailto:{email.lower()}"
    elif url:
        remote_id = url
    elif name:
        remote_id = f"name:{name.casefold()}"
    else:
        return None
    return ProfileRecord(remote_id=remote_id, name=name, url=url, avatar_url=avatar_url)


def _words(name: str) -> str:
    if name.isprintable() and "<" not in name and "&" not in name:
        return " ".join(name[:_MAX_CHARS].split())
    return " ".join(plain_text(name[:_MAX_CHARS]).split())

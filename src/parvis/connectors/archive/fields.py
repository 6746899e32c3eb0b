"""What the columns of a table may be called, and what stands in them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from parvis.core.types import Kind, Status

NAMES = {
    "id": "id uid guid comment_id remote_id identifiant",
    "body": "body text content comment message review texte contenu commentaire",
    "title": "title subject headline titre objet sujet",
    "author": "author name user username author_name from auteur nom",
    "author_id": "author_id user_id",
    "author_url": "author_url website",
    "date": "date published_at published created_at created time timestamp date_gmt publie_le",
    "updated": "updated_at updated modified modified_at",
    "url": "url link permalink href lien adresse",
    "parent": "parent parent_id in_reply_to reply_to parent_comment_id",
    "about": "about about_id post post_id article article_id",
    "lang": "lang language langue",
    "status": "status state statut",
    "kind": "kind type",
}
FIELD_OF = {name: field for field, names in NAMES.items() for name in names.split()}

STATUS_OF = {
    word: status
    for status, words in {
        Status.PUBLISHED: "published publish approved approve visible public 1 true publié approuvé",
        Status.HELD: "held hold pending unapproved moderation draft future private 0 false en_attente",
        Status.SPAM: "spam indésirable",
        Status.TRASHED: "trashed trash post-trashed corbeille rejected",
        Status.DELETED: "deleted removed supprimé",
    }.items()
    for word in words.split()
}
KIND_OF = {
    **{kind.value: kind for kind in Kind},
    "post": Kind.ARTICLE,
    "reply": Kind.COMMENT,
    "dm": Kind.MESSAGE,
    "pingback": Kind.MENTION,
}
DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
MILLISECONDS_FROM = 100_000_000_000


def field_of(column: str) -> str:
    """Which field a column's name stands for, "" where none."""
    return FIELD_OF.get(re.sub(r"[\s-]+", "_", column.strip().lower()), "")


def status_of(told: str) -> Status:
    """Published where nothing is told; held where a word is told that is not known."""
    word = told.strip().lower().replace(" ", "_")
    return STATUS_OF.get(word, Status.HELD) if word else Status.PUBLISHED


def time_of(told: str) -> datetime | None:
    """ISO 8601, RFC 2822, 31.12.2026 14:05, or seconds since 1970; without a zone it is taken as UTC.

    None where nothing is told, or WordPress's year 0. Raises ValueError on anything else, 04/05/2026
    among it, which is April to some and May to others.
    """
    text = told.strip()
    if not text or text.startswith(("0000-", "-")):
        return None
    if re.fullmatch(r"\d{9,13}(\.\d+)?", text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS_FROM else seconds, UTC)
    if day_first := DAY_FIRST.match(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in day_first.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return _aware(_iso_or_mail(text))


def _iso_or_mail(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

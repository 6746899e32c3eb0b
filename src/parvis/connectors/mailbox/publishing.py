"""A post as one mail to a list: subject, words, pictures where they stand, other files beside. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from parvis.core.connector import Can
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Part, Publishing
from parvis.core.text.paragraphs import sendable
from parvis.core.wording import Text

SOURCE = "the outgoing server’s SIZE (RFC 1870); at most what lists and mailboxes commonly take, read 2026-11"
MOST_BYTES = 15_000_000
"""Of a whole mail: it is in memory several times while it is written."""
ON_THE_WIRE = 1.37
"""A file as lines of letters: four for three bytes, and the ends of lines."""
MOST_FILES = 10
IMAGES = ("image/jpeg", "image/png", "image/webp")
GIFS = ("image/gif",)
VIDEOS = ("video/mp4",)
SOUNDS = ("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/aac")


def words_of(content: Content) -> str:
    """All that is said, as one text: a mail has no thread."""
    texts = [tidy(one) for one in (content.text, *content.thread)]
    link = tidy(content.link)
    if link and not any(link in one for one in texts):
        texts.append(link)
    return "\n\n".join(one for one in texts if one)


def tidy(text: str) -> str:
    return sendable(text).replace("\r\n", "\n").replace("\r", "\n").strip()


def subject_of(content: Content) -> str:
    """On one line: nothing of it can become a header of its own."""
    return " ".join(sendable(content.title).split())


def parts(content: Content, _facts: Mapping[str, str]) -> tuple[Part, ...]:
    body: dict[str, Any] = {"subject": subject_of(content), "text": words_of(content)}
    if language := content.language.strip():
        body["language"] = language
    if content.media:
        body["files"] = [_file(medium) for medium in content.media]
    return (Part(name="post", can=Can.PUBLISH, body=body, step=1),)


def _file(medium: Medium) -> dict[str, Any]:
    told = {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}
    said = {name: " ".join(sendable(text).split()) for name, text in (("alt", medium.alt), ("caption", medium.caption))}
    return {**told, **said}


def most_bytes(facts: Mapping[str, str]) -> int:
    told = facts.get("most_bytes", "")
    return min(int(told) or MOST_BYTES, MOST_BYTES) if told.isascii() and told.isdigit() else MOST_BYTES


def media(facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    most = int(most_bytes(facts) / ON_THE_WIRE)
    kinds = (("image", IMAGES), ("gif", GIFS), ("video", VIDEOS), ("audio", SOUNDS))
    return tuple(
        MediaRule(kind=kind, mimes=mimes, most=MOST_FILES, most_bytes=most, source=SOURCE) for kind, mimes in kinds
    )


def faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content), *_media_faults(content, facts)]


def _text_faults(content: Content) -> Iterator[Fault]:
    if not subject_of(content):
        yield Fault("no_subject", "title", Text("A mail has a subject.", "Un courriel a un objet."))
    if not words_of(content) and not content.media:
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    if content.poll is not None:
        yield Fault("poll", "poll", Text("A mail has no polls.", "Un courriel n’a pas de sondages."))
    if any(one.strip() for one in content.thread):
        words = Text(
            "A mail is one message: the parts follow each other in it.",
            "Un courriel est un seul message\u202f: les parties s’y suivent.",
        )
        yield Fault("thread", "thread", words, is_hint=True)
    if content.comment.strip():
        words = Text("The first comment is not sent by mail.", "Le premier commentaire ne part pas par courriel.")
        yield Fault("comment", "comment", words, is_hint=True)
    if content.warning.strip():
        words = Text("A mail shows no warning above a text.", "Un courriel ne montre pas d’avertissement.")
        yield Fault("warning", "warning", words, is_hint=True)


def _media_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    known = {mime for rule in media(facts) for mime in rule.mimes}
    if len(content.media) > MOST_FILES:
        words = Text("{most} files at most go with one mail.", "Au plus {most} fichiers accompagnent un courriel.")
        yield Fault("too_many_media", "media", words.format(most=MOST_FILES))
    for medium in content.media:
        if medium.mime not in known:
            words = Text(
                "Mail programs do not show {name} ({mime}).", "Les messageries ne montrent pas {name} ({mime})."
            )
            yield Fault("media_kind", "media", words.format(name=medium.name, mime=medium.mime))
    size_bytes = sum(medium.size_bytes for medium in content.media) * ON_THE_WIRE
    if size_bytes > most_bytes(facts):
        words = Text(
            "With its files the mail has {size} MB; the outgoing server takes {most} MB.",
            "Avec ses fichiers, le courriel pèse {size} Mo\u202f; le serveur sortant prend {most} Mo.",
        )
        sizes = {"size": f"{size_bytes / 1e6:.1f}", "most": f"{most_bytes(facts) / 1e6:.1f}"}
        yield Fault("too_large", "media", words.format(**sizes))


PUBLISHING = Publishing(
    parts=parts,
    faults=faults,
    has=frozenset({Has.TITLE, Has.LINK, Has.LANGUAGE, Has.MEDIA, Has.ALT, Has.CAPTION}),
    media=media,
)

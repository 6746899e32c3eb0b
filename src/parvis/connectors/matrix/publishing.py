"""A post as a room takes it: its files, its words or its poll, what it shows, its thread, the first comment. Pure.

A message holds words or one file, so what a post shows follows its words.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from parvis.connectors.matrix.saying import MOST_CONTENT_BYTES, poll, said_of, size_of, tidy, words
from parvis.core.connector import Can
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Option, Part, Publishing
from parvis.core.wording import Text

LONGEST_BYTES = 48_000
"""Of a text alone: an event has at most 65,536 (https://spec.matrix.org/v1.15/client-server-api/#size-limits)."""
SOURCE = "the homeserver’s m.upload.size; else Synapse’s max_upload_size, read 2026-11"
UPLOAD_BYTES = 50_000_000
MOST_FILES = 10
POLL_CHOICES = 20
IMAGES = ("image/jpeg", "image/png", "image/webp")
GIFS = ("image/gif",)
VIDEOS = ("video/mp4", "video/webm")
SOUNDS = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4", "audio/flac", "audio/aac")
_ROOM_SIGNS = ("#", "!")


def words_of(content: Content) -> str:
    text, link = tidy(content.text), tidy(content.link)
    return f"{text}\n\n{link}".strip() if link and link not in text else text


def room_of(content: Content, facts: Mapping[str, str]) -> str:
    """An id or an alias; "" where none is told."""
    told = content.options.get("room")
    return (told.strip() if isinstance(told, str) else "") or facts.get("room", "")


def parts(content: Content, facts: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_parts(content, room_of(content, facts)))


def _parts(content: Content, room: str) -> Iterator[Part]:
    files = [(f"media:{place}", medium) for place, medium in enumerate(content.media, 1)]
    for name, medium in files:
        yield Part(name=name, can=Can.UPLOAD, body={"file": _file(medium)}, step=1)
    shown = [{"room": room, "shows": name, **_shown(medium)} for name, medium in files]
    first = _first(content, room)
    said = [body for body in (first, *shown) if body]
    step = 1
    for place, body in enumerate(said):
        step += 1
        yield Part(name="post" if place == 0 else f"post:file{place}", can=Can.PUBLISH, body=body, step=step)
    before = "post"
    for place, text in enumerate(filter(None, map(tidy, content.thread)), 2):
        step += 1
        body = {"room": room, "text": text, "thread": "post", "after": before}
        before = f"post:{place}"
        yield Part(name=before, can=Can.PUBLISH, body=body, step=step)
    if comment := tidy(content.comment):
        body = {"room": room, "text": comment, "thread": "post"}
        yield Part(name="comment", can=Can.PUBLISH, body=body, step=step + 1)


def _first(content: Content, room: str) -> dict[str, Any] | None:
    """None where the first file stands for it."""
    text, asked = words_of(content), content.poll
    if asked is not None:
        return {"room": room, "text": text, "poll": {"choices": list(asked.choices), "is_multiple": asked.is_multiple}}
    if not text and content.media:
        return None
    first: dict[str, Any] = {"room": room, "text": text}
    if content.options.get("everybody") is True:
        first["everybody"] = True
    return first


def _file(medium: Medium) -> dict[str, Any]:
    return {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}


def _shown(medium: Medium) -> dict[str, Any]:
    told = {
        "alt": said_of(tidy(medium.alt), tidy(medium.caption)),
        "name": tidy(medium.name),
        "mime": medium.mime,
        "size_bytes": medium.size_bytes,
    }
    known = {name: getattr(medium, name) for name in ("width", "height", "duration_s")}
    return {"file_told": {**told, **{name: value for name, value in known.items() if value}}}


def media(facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    told = facts.get("upload_bytes", "")
    most_bytes = int(told) if told.isascii() and told.isdigit() else UPLOAD_BYTES
    kinds = (("image", IMAGES), ("gif", GIFS), ("video", VIDEOS), ("audio", SOUNDS))
    return tuple(
        MediaRule(kind=kind, mimes=mimes, most=MOST_FILES, most_bytes=most_bytes, source=SOURCE)
        for kind, mimes in kinds
    )


def faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content, facts), *_media_faults(content, facts), *_poll_faults(content)]


def _text_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    room = room_of(content, facts)
    if not room:
        found = Text("Say in which room it is to be posted.", "Dites dans quel salon publier.")
        yield Fault("room", "options", found)
    elif not room.startswith(_ROOM_SIGNS) or (room.startswith("#") and ":" not in room):
        found = Text(
            "A room is written as #room:example.org, or as its id.", "Un salon s’écrit #salon:exemple.ch, ou par son identifiant."
        )  # fmt: skip
        yield Fault("room", "options", found)
    if not words_of(content) and not content.media:
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    texts = [("text", content.text, words_of(content)), ("comment", content.comment, tidy(content.comment))]
    for field, counted, text in [*texts, *(("thread", one, tidy(one)) for one in content.thread)]:
        is_counted = len(counted.encode("utf-8", "replace")) > LONGEST_BYTES  # the text rules say so already
        if not is_counted and size_of(words(text, {})) > MOST_CONTENT_BYTES:
            found = Text(
                "Written as a message of Matrix, this is larger than {most} bytes.",
                "Écrit comme un message Matrix, ceci dépasse {most} octets.",
            )
            yield Fault("too_large", field, found.format(most=MOST_CONTENT_BYTES))
    if content.warning.strip():
        found = Text("Matrix shows no warning above a text.", "Matrix ne montre pas d’avertissement au-dessus d’un texte.")  # fmt: skip
        yield Fault("warning", "warning", found, is_hint=True)


def _media_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    rules = {mime: rule for rule in media(facts) for mime in rule.mimes}
    if len(content.media) > MOST_FILES:
        found = Text("{most} files at most go with one post.", "Au plus {most} fichiers accompagnent une publication.")
        yield Fault("too_many_media", "media", found.format(most=MOST_FILES))
    for medium in content.media:
        rule = rules.get(medium.mime)
        if rule is None:
            found = Text("Clients of Matrix do not show {name} ({mime}).", "Les clients Matrix ne montrent pas {name} ({mime}).")  # fmt: skip
            yield Fault("media_kind", "media", found.format(name=medium.name, mime=medium.mime))
        elif rule.most_bytes is not None and medium.size_bytes > rule.most_bytes:
            found = Text(
                "{name} has {size} MB; this homeserver takes {most} MB.",
                "{name} pèse {size} Mo\u202f; ce serveur prend {most} Mo.",
            )
            sizes = {"size": f"{medium.size_bytes / 1e6:.1f}", "most": f"{rule.most_bytes / 1e6:.1f}"}
            yield Fault("media_size", "media", found.format(name=medium.name, **sizes))
        if medium.captions:
            found = Text("Its subtitles are not sent to Matrix.", "Ses sous-titres ne sont pas envoyés à Matrix.")
            yield Fault("captions", "media", found, is_hint=True)


def _poll_faults(content: Content) -> Iterator[Fault]:
    asked = content.poll
    if asked is None:
        return
    question = words_of(content)
    if not question:
        yield Fault("poll_question", "text", Text("A poll asks something.", "Un sondage pose une question."))
    if not 2 <= len(asked.choices) <= POLL_CHOICES:
        found = Text("A poll has from 2 to {most} choices.", "Un sondage a de 2 à {most} choix.")
        yield Fault("poll_choices", "poll", found.format(most=POLL_CHOICES))
    if any(not one.strip() for one in asked.choices) or len(set(asked.choices)) < len(asked.choices):
        yield Fault("poll_same", "poll", Text("Each choice says something else.", "Chaque choix dit autre chose."))
    told = {"choices": [tidy(one) for one in asked.choices], "is_multiple": asked.is_multiple}
    if size_of(poll(question, told)) > MOST_CONTENT_BYTES:
        yield Fault("too_large", "poll", Text("The poll is too long.", "Le sondage est trop long."))
    found = Text(
        "A poll in Matrix has no end of its own: end it in your client.",
        "Un sondage Matrix n’a pas de fin propre\u202f: terminez-le dans votre client.",
    )
    yield Fault("poll_open", "poll", found, is_hint=True)


PUBLISHING = Publishing(
    parts=parts,
    faults=faults,
    has=frozenset({Has.LINK, Has.MEDIA, Has.ALT, Has.CAPTION, Has.THREAD, Has.COMMENT, Has.POLL}),
    media=media,
    options=(
        Option(
            name="room",
            label=Text("Room", "Salon"),
            kind="text",
            known="rooms",
            help=Text(
                "Such as #news:example.org. Empty: the room that was given with the channel.",
                "Par exemple #actualites:exemple.ch. Vide\u202f: le salon indiqué avec le canal.",
            ),
        ),
        Option(
            name="everybody",
            label=Text("Call everybody in the room", "Prévenir tout le salon"),
            kind="switch",
            default=False,
        ),
    ),
    edits=frozenset({"text", "link"}),
)

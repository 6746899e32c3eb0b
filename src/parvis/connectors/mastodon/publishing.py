"""A post as an instance takes it: its files, the post, what follows in its thread, and the first comment. Pure.

Limits are the instance's own (`check` keeps them); those here are of Mastodon where it tells none:
https://docs.joinmastodon.org/user/posting/ and https://docs.joinmastodon.org/entities/Instance/, read 2026-11.
"""

import re
from collections.abc import Iterator, Mapping
from math import isqrt
from typing import Any

from parvis.connectors.mastodon.counting import TEXT_RULES
from parvis.core.connector import Can
from parvis.core.measuring import Measure
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Option, Part, Publishing
from parvis.core.wording import Text

SOURCE = "the instance’s configuration; else https://docs.joinmastodon.org/user/posting/#media, read 2026-11"
MOST_MEDIA = 4
IMAGES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif")
GIFS = ("image/gif",)
VIDEOS = ("video/mp4", "video/quicktime", "video/webm")
SOUNDS = ("audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/aac", "audio/mp4", "audio/opus")
IMAGE_BYTES = 16_777_216
VIDEO_BYTES = 103_809_024
IMAGE_PIXELS = 33_177_600
VIDEO_PIXELS = 8_294_400
POLL_CHOICES = 4
GIF_PIXELS = 921_600
POLL_CHARACTERS = 25
POLL_LEAST_S = 300
POLL_MOST_S = 2_629_746
_LANGUAGE = re.compile("[a-z]{2,3}")
VISIBILITIES = ("public", "unlisted", "private")


def number(facts: Mapping[str, str], name: str, default: int) -> int:
    told = facts.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and int(told) else default


def kind_of(mime: str) -> str:
    if mime in GIFS:
        return "gif"
    return mime.partition("/")[0]


def words_of(content: Content) -> str:
    """With the link, which an instance shows as a card only where the text holds it."""
    text = content.text.replace("\r\n", "\n").strip()
    link = content.link.strip()
    if link and link not in text:
        text = f"{text}\n\n{link}".strip()
    return text


def parts(content: Content, _facts: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_parts(content))


def _parts(content: Content) -> Iterator[Part]:
    files = [f"media:{place}" for place in range(1, len(content.media) + 1)]
    for name, medium in zip(files, content.media, strict=True):
        yield Part(name=name, can=Can.UPLOAD, body=_upload(medium), step=1)
    shared = _shared(content)
    first = {**shared, "status": words_of(content), **_poll(content)}
    if files:
        first["media"] = files
        first["described"] = [_described(name, medium) for name, medium in zip(files, content.media, strict=True)]
    if content.options.get("sensitive") is True or (files and content.warning.strip()):
        first["sensitive"] = True
    yield Part(name="post", can=Can.PUBLISH, body=first, step=2)
    before, step = "post", 2
    for text in filter(None, (told.replace("\r\n", "\n").strip() for told in content.thread)):
        step += 1
        name = f"post:{step - 1}"
        yield Part(name=name, can=Can.PUBLISH, body={**shared, "status": text, "answers": before}, step=step)
        before = name
    if comment := content.comment.replace("\r\n", "\n").strip():
        body = {**shared, "status": comment, "answers": "post"}
        yield Part(name="comment", can=Can.PUBLISH, body=body, step=step + 1)


def _upload(medium: Medium) -> dict[str, Any]:
    file = {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}
    body: dict[str, Any] = {"file": file, "description": medium.alt.strip()}
    if medium.focus is not None:
        left, top = medium.focus
        body["focus"] = f"{2 * left - 1:.3f},{1 - 2 * top:.3f}"  # from the middle, upwards
    return body


def _described(name: str, medium: Medium) -> dict[str, str]:
    """What a change of the post can say otherwise: of the same file its description."""
    return {"name": name, "description": medium.alt.strip()}


def _shared(content: Content) -> dict[str, Any]:
    """What the post and all that follows it have in common."""
    visibility = content.options.get("visibility")
    shared: dict[str, Any] = {"visibility": visibility if visibility in VISIBILITIES else "public"}
    if warning := content.warning.strip():
        shared["spoiler_text"] = warning
    language = content.language.strip().replace("_", "-").partition("-")[0].lower()
    if _LANGUAGE.fullmatch(language):
        shared["language"] = language
    return shared


def _poll(content: Content) -> dict[str, Any]:
    poll = content.poll
    if poll is None:
        return {}
    return {"poll": {"options": list(poll.choices), "expires_in": poll.lasts_s, "multiple": poll.is_multiple}}


def media(facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    most = number(facts, "most_media", MOST_MEDIA)
    told = tuple(facts.get("media_mimes", "").split()) or (*IMAGES, *GIFS, *VIDEOS, *SOUNDS)
    image_bytes = number(facts, "image_bytes", IMAGE_BYTES)
    video_bytes = number(facts, "video_bytes", VIDEO_BYTES)
    side = isqrt(number(facts, "image_pixels", IMAGE_PIXELS))
    found = (
        _rule("image", told, most=most, most_bytes=image_bytes, side=side),
        _rule("gif", told, most=1, most_bytes=image_bytes, side=isqrt(GIF_PIXELS)),
        _rule("video", told, most=1, most_bytes=video_bytes),
        _rule("audio", told, most=1, most_bytes=video_bytes),
    )
    return tuple(rule for rule in found if rule.mimes)


def _rule(kind: str, told: tuple[str, ...], *, most: int, most_bytes: int, side: int | None = None) -> MediaRule:
    """`side` of a square that the instance takes; it counts the points of a picture alone."""
    mimes = tuple(mime for mime in told if kind_of(mime) == kind)
    return MediaRule(
        kind=kind, mimes=mimes, most=most, most_bytes=most_bytes, most_width=side, most_height=side, source=SOURCE
    )


def faults(content: Content, facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content, facts), *_media_faults(content, facts), *_poll_faults(content, facts)]


def _text_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    text = words_of(content)
    if not text and not content.media and content.poll is None:
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    measure = Measure(TEXT_RULES, facts)
    with_link = measure(text, warning=content.warning)
    if with_link.is_over and not measure(content.text, warning=content.warning).is_over:
        words = Text(
            "With its link, which goes below it, the text is too long ({length} of {most}).",
            "Avec son lien, qui se place dessous, le texte est trop long ({length} sur {most}).",
        )
        yield Fault("too_long_with_link", "link", words.format(length=with_link.length, most=with_link.most))
    if content.options.get("visibility", "public") not in ("", *VISIBILITIES):
        yield Fault("visibility", "options", Text("This visibility is none.", "Cette visibilité n’existe pas."))


def _media_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    rules = {rule.kind: rule for rule in media(facts)}
    kinds = [kind_of(medium.mime) for medium in content.media]
    most = number(facts, "most_media", MOST_MEDIA)
    if len(kinds) > most:
        words = Text("This instance takes {most} files at most.", "Cette instance prend au plus {most} fichiers.")
        yield Fault("too_many_media", "media", words.format(most=most))
    if len(kinds) > 1 and {"video", "audio", "gif"} & set(kinds):
        words = Text(
            "A film, a moving picture or a sound stands alone, without other files.",
            "Une vidéo, une image animée ou un son se publie sans autre fichier.",
        )
        yield Fault("mixed_media", "media", words)
    for medium, kind in zip(content.media, kinds, strict=True):
        yield from _medium_faults(medium, rules.get(kind), facts)


def _medium_faults(medium: Medium, rule: MediaRule | None, facts: Mapping[str, str]) -> Iterator[Fault]:
    if rule is None or medium.mime not in rule.mimes:
        words = Text("This instance does not take {name} ({mime}).", "Cette instance ne prend pas {name} ({mime}).")
        yield Fault("media_kind", "media", words.format(name=medium.name, mime=medium.mime))
        return
    if rule.most_bytes is not None and medium.size_bytes > rule.most_bytes:
        words = Text(
            "{name} has {size} MB; this instance takes {most} MB.",
            "{name} pèse {size} Mo\u202f; cette instance prend {most} Mo.",
        )
        sizes = {"size": f"{medium.size_bytes / 1e6:.1f}", "most": f"{rule.most_bytes / 1e6:.1f}"}
        yield Fault("media_size", "media", words.format(name=medium.name, **sizes))
    most_pixels = {
        "image": number(facts, "image_pixels", IMAGE_PIXELS),
        "gif": GIF_PIXELS,
        "video": number(facts, "video_pixels", VIDEO_PIXELS),
    }.get(rule.kind, 0)
    if medium.width and medium.height and medium.width * medium.height > most_pixels > 0:
        words = Text(
            "{name} has more points than this instance takes.", "{name} a plus de points que cette instance n’en prend."
        )
        yield Fault("media_pixels", "media", words.format(name=medium.name))
    if medium.captions:
        words = Text(
            "Mastodon takes no subtitles beside a film.", "Mastodon ne prend pas de sous-titres à côté d’une vidéo."
        )
        yield Fault("captions", "media", words, is_hint=True)


def _poll_faults(content: Content, facts: Mapping[str, str]) -> Iterator[Fault]:
    poll = content.poll
    if poll is None:
        return
    most, characters = number(facts, "poll_choices", POLL_CHOICES), number(facts, "poll_characters", POLL_CHARACTERS)
    least_s, most_s = number(facts, "poll_least_s", POLL_LEAST_S), number(facts, "poll_most_s", POLL_MOST_S)
    if content.media:
        words = Text("A poll stands alone, without files.", "Un sondage se publie sans fichier.")
        yield Fault("poll_with_media", "poll", words)
    if not 2 <= len(poll.choices) <= most:
        words = Text("A poll has from 2 to {most} choices.", "Un sondage a de 2 à {most} choix.")
        yield Fault("poll_choices", "poll", words.format(most=most))
    if any(not choice.strip() for choice in poll.choices) or len(set(poll.choices)) < len(poll.choices):
        words = Text("Each choice says something else.", "Chaque choix dit autre chose.")
        yield Fault("poll_same", "poll", words)
    if any(len(choice) > characters for choice in poll.choices):
        words = Text("A choice has {most} characters at most.", "Un choix compte au plus {most} signes.")
        yield Fault("poll_too_long", "poll", words.format(most=characters))
    if not least_s <= poll.lasts_s <= most_s:
        words = Text(
            "A poll lasts from {least} minutes to {most} days.", "Un sondage dure de {least} minutes à {most} jours."
        )
        yield Fault("poll_duration", "poll", words.format(least=least_s // 60, most=most_s // 86_400))


PUBLISHING = Publishing(
    parts=parts,
    faults=faults,
    has=frozenset({Has.LINK, Has.LANGUAGE, Has.WARNING, Has.MEDIA, Has.ALT, Has.THREAD, Has.COMMENT, Has.POLL}),
    media=media,
    options=(
        Option(
            name="visibility",
            label=Text("Visible to", "Visible par"),
            kind="choice",
            choices=(
                ("public", Text("Everybody", "Tout le monde")),
                ("unlisted", Text("Everybody, in no public timeline", "Tout le monde, hors des fils publics")),
                ("private", Text("Followers", "Les abonnés")),
            ),
            default="public",
        ),
        Option(
            name="sensitive",
            label=Text("Hide pictures until asked for", "Masquer les images jusqu’au clic"),
            kind="switch",
            default=False,
        ),
    ),
    edits=frozenset({"text", "warning", "language", "link", "media"}),
)

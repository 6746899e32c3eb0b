"""A post as an account's server takes it: its files, the post, who may answer it, its thread, the first comment. Pure.

Sizes are of the lexicons app.bsky.embed.images, .video and .external and app.bsky.feed.post (@atproto/api
0.20.44, read 2026-11; other sources tell 976 KB and 1 MB for a picture, which was the limit before).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parvis.connectors.bluesky.counting import TEXT_RULES
from parvis.core.connector import Can
from parvis.core.measuring import Measure, grapheme_count
from parvis.core.post import Content, Fault, Has, MediaRule, Medium, Option, Part, Publishing
from parvis.core.wording import Text

SOURCE = "https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky/embed, read 2026-11"
MOST_IMAGES = 4
IMAGE_BYTES = 2_000_000
THUMB_BYTES = 1_000_000
VIDEO_BYTES = 300_000_000
VIDEO_S = 180.0
"""The lexicon tells none; three minutes is what Bluesky itself takes since v1.99 (2025-03)."""
IMAGES = ("image/jpeg", "image/png", "image/webp")
VIDEOS = ("video/mp4",)
MOST_LANGUAGES = 3
MOST_TAGS = 8
TAG_GRAPHEMES = 64
TAG_BYTES = 640
GATES: Mapping[str, tuple[str, ...]] = {
    "nobody": (),
    "mentioned": ("mentionRule",),
    "followed": ("followingRule",),
    "followers": ("followerRule",),
}
_LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
LABELS = ("sexual", "nudity", "porn", "graphic-media")
_RULES = (
    MediaRule(kind="image", mimes=IMAGES, most=MOST_IMAGES, most_bytes=IMAGE_BYTES, source=SOURCE),
    MediaRule(kind="video", mimes=VIDEOS, most=1, most_bytes=VIDEO_BYTES, most_duration_s=VIDEO_S, source=SOURCE),
)


def words_of(content: Content) -> str:
    """With the link where files take the place of its card."""
    text = tidy(content.text)
    link = content.link.strip()
    if link and content.media and link not in text:
        text = f"{text}\n\n{link}".strip()
    return text


def tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def names_in(told: Any) -> list[str]:
    """Of an option: names, as a list or with commas between."""
    found = told.split(",") if isinstance(told, str) else told if isinstance(told, list | tuple) else []
    bare = [one.strip().removeprefix("#") for one in found if isinstance(one, str)]
    return list(dict.fromkeys(one for one in bare if one))


def languages_of(content: Content) -> list[str]:
    told = [content.language, *names_in(content.options.get("languages"))]
    bare = (one.strip().replace("_", "-") for one in told)
    return list(dict.fromkeys(one for one in bare if _LANGUAGE.fullmatch(one)))


def parts(content: Content, _facts: Mapping[str, str]) -> tuple[Part, ...]:
    return tuple(_parts(content))


def _parts(content: Content) -> Iterator[Part]:
    files = [f"media:{place}" for place in range(1, len(content.media) + 1)]
    for name, medium in zip(files, content.media, strict=True):
        yield Part(name=name, can=Can.UPLOAD, body={"file": _file(medium)}, step=1)
    card = None if content.media else _card(content)
    thumb = _thumb(content) if card else None
    if card is not None and thumb is not None:
        card["thumb"] = "thumb"
        yield Part(name="thumb", can=Can.UPLOAD, body={"file": thumb}, step=1)
    langs = languages_of(content)[:MOST_LANGUAGES]
    shared = {"langs": langs} if langs else {}
    first: dict[str, Any] = {"text": words_of(content), **shared, **_marks(content)}
    if files:
        first["media"] = [_shown(name, medium) for name, medium in zip(files, content.media, strict=True)]
    if card is not None:
        first["card"] = card
    yield Part(name="post", can=Can.PUBLISH, body=first, step=2)
    gate = content.options.get("replies")
    if isinstance(gate, str) and gate in GATES:
        yield Part(name="gate", can=Can.PUBLISH, body={"gate": list(GATES[gate])}, step=3)
    if content.options.get("no_quotes") is True:
        yield Part(name="quotegate", can=Can.PUBLISH, body={"quotes": False}, step=3)
    before, step = "post", 2
    for text in filter(None, map(tidy, content.thread)):
        step += 1
        name = f"post:{step - 1}"
        body = {"text": text, **shared, "answers": before, "place": step - 2}
        yield Part(name=name, can=Can.PUBLISH, body=body, step=step)
        before = name
    if comment := tidy(content.comment):
        body = {"text": comment, **shared, "answers": "post", "place": step - 1}
        yield Part(name="comment", can=Can.PUBLISH, body=body, step=max(step + 1, 3))


def _file(medium: Medium) -> dict[str, Any]:
    return {"path": medium.path, "name": medium.name, "mime": medium.mime, "size_bytes": medium.size_bytes}


def _shown(name: str, medium: Medium) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "alt": medium.alt.strip(), "is_video": medium.mime.startswith("video/")}
    if medium.width and medium.height:
        shown["ratio"] = {"width": medium.width, "height": medium.height}
    return shown


def _marks(content: Content) -> dict[str, Any]:
    marks: dict[str, Any] = {}
    if tags := names_in(content.options.get("tags"))[:MOST_TAGS]:
        marks["tags"] = tags
    if content.options.get("label") in LABELS:
        marks["label"] = content.options["label"]
    return marks


def _card(content: Content) -> dict[str, Any] | None:
    """Of the link: what was found of its page stands in the option `card`."""
    if not content.link.strip():
        return None
    told = content.options.get("card")
    found: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    title, description = found.get("title"), found.get("description")
    return {
        "uri": content.link.strip(),
        "title": (title if isinstance(title, str) else "") or content.title or content.link.strip(),
        "description": description if isinstance(description, str) else "",
    }


def _thumb(content: Content) -> dict[str, Any] | None:
    told = content.options.get("card")
    thumb = told.get("thumb") if isinstance(told, Mapping) else None
    if not isinstance(thumb, Mapping) or not isinstance(thumb.get("size_bytes"), int):
        return None
    named = {name: thumb.get(name) for name in ("path", "name", "mime")}
    if not all(isinstance(value, str) and value for value in named.values()):
        return None
    return {**named, "size_bytes": thumb["size_bytes"]}


def media(_facts: Mapping[str, str]) -> tuple[MediaRule, ...]:
    return _RULES


def faults(content: Content, _facts: Mapping[str, str]) -> list[Fault]:
    return [*_text_faults(content), *_media_faults(content), *_mark_faults(content)]


def _text_faults(content: Content) -> Iterator[Fault]:
    text = words_of(content)
    if not text and not content.media and not content.link.strip():
        yield Fault("empty", "text", Text("There is nothing to publish.", "Il n’y a rien à publier."))
    measure = Measure(TEXT_RULES)
    over = [counted for counted in measure(text).units if counted.is_over]
    if over and not measure(content.text).is_over:
        words = Text(
            "Files take the place of a card; with its link below it, the text is too long ({length} of {most}).",
            "Les fichiers prennent la place d’une carte\u202f; avec son lien dessous, le texte est trop long ({length} sur {most}).",
        )
        yield Fault("too_long_with_link", "link", words.format(length=over[0].length, most=over[0].most))
    if content.warning.strip():
        words = Text(
            "Bluesky shows no warning of one’s own words; choose a label.",
            "Bluesky ne montre pas d’avertissement libre\u202f; choisissez une étiquette.",
        )
        yield Fault("warning", "warning", words, is_hint=True)
    if content.poll is not None:
        yield Fault("poll", "poll", Text("Bluesky has no polls.", "Bluesky n’a pas de sondages."))


def _media_faults(content: Content) -> Iterator[Fault]:
    rules = {mime: rule for rule in _RULES for mime in rule.mimes}
    videos = sum(medium.mime.startswith("video/") for medium in content.media)
    if videos and len(content.media) > 1:
        words = Text("A film stands alone, without other files.", "Une vidéo se publie sans autre fichier.")
        yield Fault("mixed_media", "media", words)
    elif len(content.media) > MOST_IMAGES:
        words = Text("Bluesky takes {most} pictures at most.", "Bluesky prend au plus {most} images.")
        yield Fault("too_many_media", "media", words.format(most=MOST_IMAGES))
    for medium in content.media:
        yield from _medium_faults(medium, rules.get(medium.mime))
    thumb = None if content.media else _thumb(content)
    if thumb is not None and thumb["size_bytes"] > THUMB_BYTES:
        words = Text("The card’s picture is larger than 1 MB.", "L’image de la carte dépasse 1 Mo.")
        yield Fault("thumb_size", "link", words)


def _medium_faults(medium: Medium, rule: MediaRule | None) -> Iterator[Fault]:
    if rule is None:
        words = Text("Bluesky does not take {name} ({mime}).", "Bluesky ne prend pas {name} ({mime}).")
        yield Fault("media_kind", "media", words.format(name=medium.name, mime=medium.mime))
        return
    if rule.most_bytes is not None and medium.size_bytes > rule.most_bytes:
        words = Text(
            "{name} has {size} MB; Bluesky takes {most} MB.", "{name} pèse {size} Mo\u202f; Bluesky prend {most} Mo."
        )
        sizes = {"size": f"{medium.size_bytes / 1e6:.1f}", "most": f"{rule.most_bytes / 1e6:.1f}"}
        yield Fault("media_size", "media", words.format(name=medium.name, **sizes))
    if rule.most_duration_s is not None and (medium.duration_s or 0) > rule.most_duration_s:
        words = Text("{name} is longer than 3 minutes.", "{name} dure plus de 3 minutes.")
        yield Fault("media_duration", "media", words.format(name=medium.name))
    if medium.captions:
        words = Text("Its subtitles are not sent to Bluesky.", "Ses sous-titres ne sont pas envoyés à Bluesky.")
        yield Fault("captions", "media", words, is_hint=True)


def _mark_faults(content: Content) -> Iterator[Fault]:
    if len(languages_of(content)) > MOST_LANGUAGES:
        words = Text("A post has 3 languages at most.", "Une publication a au plus 3 langues.")
        yield Fault("too_many_languages", "language", words)
    tags = names_in(content.options.get("tags"))
    if len(tags) > MOST_TAGS:
        words = Text("A post has 8 hidden hashtags at most.", "Une publication a au plus 8 mots-dièse cachés.")
        yield Fault("too_many_tags", "options", words)
    if any(grapheme_count(tag) > TAG_GRAPHEMES or len(tag.encode("utf-8", "replace")) > TAG_BYTES for tag in tags):
        words = Text("A hashtag has 64 characters at most.", "Un mot-dièse compte au plus 64 signes.")
        yield Fault("tag_too_long", "options", words)


PUBLISHING = Publishing(
    parts=parts,
    faults=faults,
    has=frozenset({Has.LINK, Has.LANGUAGE, Has.MEDIA, Has.ALT, Has.THREAD, Has.COMMENT}),
    media=media,
    options=(
        Option(
            name="replies",
            label=Text("Who may answer", "Qui peut répondre"),
            kind="choice",
            choices=(
                ("", Text("Everybody", "Tout le monde")),
                ("mentioned", Text("Those who are mentioned", "Les personnes mentionnées")),
                ("followed", Text("Those whom the account follows", "Les comptes suivis")),
                ("followers", Text("Followers", "Les abonnés")),
                ("nobody", Text("Nobody", "Personne")),
            ),
        ),
        Option(
            name="no_quotes",
            label=Text("Nobody may quote it", "Personne ne peut la citer"),
            kind="switch",
            default=False,
        ),
        Option(
            name="label",
            label=Text("Content label", "Étiquette du contenu"),
            kind="choice",
            choices=(
                ("", Text("None", "Aucune")),
                ("sexual", Text("Suggestive", "Suggestif")),
                ("nudity", Text("Nudity", "Nudité")),
                ("porn", Text("For adults", "Pour adultes")),
                ("graphic-media", Text("Violence", "Violence")),
            ),
        ),
        Option(name="languages", label=Text("Further languages", "Autres langues"), kind="names"),
        Option(name="tags", label=Text("Hidden hashtags", "Mots-dièse cachés"), kind="names"),
    ),
)

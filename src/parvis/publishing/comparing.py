"""What was meant beside what is there: text, media, their descriptions, the link. In words where they differ.

A platform rewrites what it gets (links shown shortened, mentions without their server, squeezed white space):
what is compared are the words, without addresses and names.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parvis.channels.models import Item
from parvis.core.connector import Connector
from parvis.core.post import Content, Has
from parvis.core.text.normalise import folded_text
from parvis.core.wording import Text

_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\S+…", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@[\w.-]+(?:@[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Difference:
    code: str
    words: Text

    @property
    def facts(self) -> dict[str, str]:
        return {"code": self.code, "en": self.words.en, "fr": self.words.fr}


def differences(content: Content, items: Mapping[str, Item], connector: Connector) -> list[Difference]:
    """`items`: by the part's name (post, post:2, comment), what is there of it."""
    has = connector.publishing.has if connector.publishing is not None else frozenset()
    found = list(_of_texts(content, items))
    if (post := items.get("post")) is not None:
        if Has.MEDIA in has:
            found += _of_media(content, post.media, with_alt=Has.ALT in has)
        if Has.LINK in has:
            found += _of_link(content, post)
    return found


def said_by(content: Content) -> dict[str, str]:
    """By the part's name, what it is to say."""
    thread = [text for text in (one.strip() for one in content.thread) if text]
    said = {"post": content.text, **{f"post:{place}": text for place, text in enumerate(thread, start=2)}}
    return {**said, "comment": content.comment} if content.comment.strip() else said


def words_in(text: str) -> list[str]:
    """What is compared: letters and figures of each word."""
    bare = _MENTION.sub(" ", _ADDRESS.sub(" ", text))
    return folded_text(bare).split()


def _of_texts(content: Content, items: Mapping[str, Item]) -> Iterator[Difference]:
    for name, text in said_by(content).items():
        item = items.get(name)
        if item is None:
            continue
        meant, there = words_in(text), words_in(f"{item.title}\n{item.text}")
        if not _holds(there, meant):
            yield Difference("text", _TEXT if name == "post" else _PART)


def _holds(there: Sequence[str], meant: Sequence[str]) -> bool:
    """In their order and without a gap; a platform may have put more before or after."""
    whole, part = " ".join(there), " ".join(meant)
    return f" {part} " in f" {whole} " or "".join(meant) in "".join(there)


def _of_media(content: Content, there: Sequence[Mapping[str, Any]], *, with_alt: bool) -> Iterator[Difference]:
    if len(there) < len(content.media):
        yield Difference("media", _MEDIA.format(count=len(there), all=len(content.media)))
        return
    if not with_alt:
        return
    pairs = zip(content.media, there, strict=False)
    missing = sum(bool(meant.alt.strip()) and not str(shown.get("alt") or "").strip() for meant, shown in pairs)
    if missing:
        yield Difference("alt", _ALT_ONE if missing == 1 else _ALT.format(count=missing))


def _of_link(content: Content, post: Item) -> Iterator[Difference]:
    link = content.link.strip()
    if not link:
        return
    bare = re.sub(r"^https?://", "", link, flags=re.IGNORECASE).rstrip("/")
    shown = (post.text, post.body.replace("&amp;", "&"), json.dumps(post.facts, ensure_ascii=False))
    if not any(bare in one for one in shown):
        yield Difference("link", _LINK)


_TEXT = Text("the text there is not the one that was sent", "le texte qui y figure n’est pas celui qui a été envoyé")
_PART = Text("a later part of it does not read as it was sent", "une suite n’y figure pas telle qu’elle a été envoyée")
_MEDIA = Text("{count} of {all} media are there", "{count} médias sur {all} y figurent")
_ALT_ONE = Text("the alt text is missing there", "le texte de remplacement y manque")
_ALT = Text("{count} alt texts are missing there", "{count} textes de remplacement y manquent")
_LINK = Text("the link is missing there", "le lien y manque")

"""A version of a post as somebody reads it who knows nothing of the desk: channel by channel, the same words once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language

from parvis.channels.registry import connector_of
from parvis.core.errors import ParvisError
from parvis.core.post import Content, Medium, Poll
from parvis.publishing.guests import Shown


@dataclass(frozen=True, slots=True)
class Picture:
    medium: Medium
    place: int
    number: int
    is_shown: bool
    """There is a file that a browser shows."""


@dataclass(slots=True)
class Leaf:
    """What reads the same, and where."""

    names: list[str]
    content: Content
    pictures: list[Picture]
    poll: Poll | None


def leaves_of(shown: Sequence[Shown], *, has_file: Callable[[Medium], bool]) -> list[Leaf]:
    found: list[Leaf] = []
    for place, one in enumerate(shown):
        same = next((leaf for leaf in found if _same(leaf.content, one.content)), None)
        if same is not None:
            same.names.append(_name(one))
            continue
        pictures = [Picture(medium, place, number, has_file(medium)) for number, medium in enumerate(one.content.media)]
        found.append(Leaf([_name(one)], one.content, pictures, one.content.poll))
    return found


def _same(one: Content, other: Content) -> bool:
    """Files are made anew for each platform: what they show is the same."""
    return one.options == other.options and _read(one) == _read(other)


def _read(content: Content) -> tuple[object, ...]:
    media = tuple((medium.asset or medium.path, medium.alt, medium.caption) for medium in content.media)
    return (
        content.text, content.title, content.link, content.warning, content.thread, content.comment, content.poll,
        content.language, media,
    )  # fmt: skip


def _name(one: Shown) -> str:
    try:
        platform = connector_of(one.channel).name.in_language(get_language() or "en") if one.channel.name else ""
    except ParvisError:
        platform = ""
    return f"{one.channel.name} ({platform})" if platform and platform != one.channel.name else one.channel.name

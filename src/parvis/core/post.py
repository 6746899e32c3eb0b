"""What the house publishes: what a post says on one channel, and the parts in which a platform takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from parvis.core.wording import Text

if TYPE_CHECKING:
    from parvis.core.connector import Can


class Medium(Struct, frozen=True, kw_only=True):
    """A picture, a film or a sound as it goes out: made for this platform already."""

    path: str
    """Below the house's data directory."""
    name: str
    mime: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    alt: str = ""
    """What it shows, for who does not see it."""
    caption: str = ""
    """What stands below it for everybody to read, where the platform has room for that."""
    focus: tuple[float, float] | None = None
    """What must stay in the picture: from the left and from the top, 0 to 1."""
    captions: str = ""
    """Path of WebVTT subtitles."""
    asset: int | None = None
    """Of the library: path, name, mime and sizes are then worked out for each channel from what follows."""
    version: int | None = None
    """Number of the asset's version that is meant; None: the one that is current when it is written down."""
    ratio: tuple[int, int] | None = None
    """Width to height that is wished for; None: as it is, as far as the platform takes it."""
    trim: tuple[float, float] | None = None
    """Of a film or a sound, from … to … in seconds."""
    subtitles: int | None = None
    """id of the asset's captions that go with it, or are burnt in."""
    is_burnt_in: bool = False


class Poll(Struct, frozen=True, kw_only=True):
    choices: tuple[str, ...]
    lasts_s: int = 86_400
    is_multiple: bool = False


class Content(Struct, frozen=True, kw_only=True):
    """All that a post says on one channel, its variant worked in."""

    text: str = ""
    title: str = ""
    link: str = ""
    """Shown as a card, where the platform has them; it need not stand in the text."""
    language: str = ""
    """BCP 47; empty: not known."""
    warning: str = ""
    """Shown in place of the text until somebody asks for it."""
    media: tuple[Medium, ...] = ()
    thread: tuple[str, ...] = ()
    """What follows the text, each an answer to the one before."""
    comment: str = ""
    """The first comment, by the house itself."""
    poll: Poll | None = None
    options: Mapping[str, Any] = {}
    """By name, what was chosen of the platform's own fields."""


class Part(Struct, frozen=True, kw_only=True):
    """One call's worth of a publication."""

    name: str
    """Within the publication: post, media:1, post:2, comment."""
    can: "Can"
    body: dict[str, Any]
    """JSON; all that the call needs but what earlier parts come to. An upload's has "file": path, name, mime, size_bytes."""
    step: int
    """Parts of a step leave at the same time, once all of the steps before are done."""


class Has(StrEnum):
    """What a platform's posts can have, besides a text."""

    TITLE = "title"
    LINK = "link"
    LANGUAGE = "language"
    WARNING = "warning"
    MEDIA = "media"
    ALT = "alt"
    CAPTION = "caption"
    THREAD = "thread"
    COMMENT = "comment"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that stands in a post's way on one channel, or should be looked at before it leaves."""

    code: str
    field: str
    """Of Content: text, media, thread, …; "" for the whole."""
    words: Text
    is_hint: bool = False
    """It may leave all the same."""


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What a platform takes of one kind: image, video, gif, audio. Sizes in bytes, None: no limit is known."""

    kind: str
    mimes: tuple[str, ...]
    most: int
    most_bytes: int | None
    most_width: int | None = None
    most_height: int | None = None
    most_duration_s: float | None = None
    least_duration_s: float | None = None
    ratios: tuple[float, float] | None = None
    """Width to height, from … to …."""
    source: str = ""
    """Where that is written, and when it was read."""


NO_HELP = Text("", "")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the platform's own fields: a choice, a list of names, a switch."""

    name: str
    label: Text
    kind: str
    """choice, names, switch, text."""
    choices: tuple[tuple[str, Text], ...] = ()
    default: Any = ""
    help: Text = NO_HELP
    known: str = ""
    """The channel's fact that names what the platform has already, one a line."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """How a platform takes posts. All of it pure; `facts` are the channel's, as its server told them."""

    parts: Callable[[Content, Mapping[str, str]], tuple[Part, ...]]
    faults: Callable[[Content, Mapping[str, str]], list[Fault]]
    """By the platform's own rules; lengths are counted elsewhere, by its text rules."""
    has: frozenset[Has]
    media: Callable[[Mapping[str, str]], tuple[MediaRule, ...]]
    options: tuple[Option, ...] = ()
    edits: frozenset[str] = frozenset()
    """Fields of Content that can be changed afterwards; of `media` what is said of the same files."""

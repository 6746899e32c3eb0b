"""The lists of posts as their rows are read: what it says, whose it is, where it goes, when, and why it is here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from parvis.publishing.models import Post, PostState, Publication, PublicationState, RequestState
from parvis.web.screens.publish.words import Look, look_of_post, look_of_publication
from parvis.web.times import full

PAGE = 30


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: Promise
    states: tuple[PostState, ...]


TABS = (
    Tab("drafts", gettext_lazy("Drafts"), (PostState.DRAFT, PostState.READY)),
    Tab("approve", gettext_lazy("To approve"), (PostState.REVIEW,)),
    Tab("planned", pgettext_lazy("posts that have their time", "Planned"), (PostState.PLANNED, PostState.HELD)),
    Tab("way", gettext_lazy("On its way and stuck"), (PostState.LEAVING, PostState.STUCK)),
    Tab("out", pgettext_lazy("posts that have left", "Out"), (PostState.OUT, PostState.CANCELLED)),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A channel in a row."""

    name: str
    look: Look | None
    """Of the publication there; None while there is none."""


@dataclass(frozen=True, slots=True)
class PostLine:
    post: Post
    text: str
    look: Look
    places: list[Place]
    hidden_count: int
    """Channels that the reader does not see."""
    why: str


def tab_called(name: str) -> Tab:
    return next((tab for tab in TABS if tab.name == name), TABS[0])


def post_lines(posts: list[Post], *, tab: Tab, seen: set[int]) -> list[PostLine]:
    """`seen`: ids of the channels that the reader sees."""
    asked = ("requests__asked_by",) if tab.name == "approve" else ()
    prefetch_related_objects(posts, "variants__channel", "publications", *asked)
    return [_line(post, seen) for post in posts]


def cursor_of(post: Post) -> str:
    return f"{post.updated_at.isoformat()}_{post.pk}"


def read_cursor(written: str) -> tuple[datetime, int] | None:
    """None where it is none."""
    at, _sign, key = written.partition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    if moment.tzinfo is None or not key.isdecimal() or len(key) > 18:
        return None
    return moment, int(key)


def _line(post: Post, seen: set[int]) -> PostLine:
    variants = [one for one in post.variants.all() if one.is_on]
    states = {one.channel_id: one.state for one in sorted(post.publications.all(), key=_over_first)}
    places = [
        Place(one.channel.name, look_of_publication(states[one.channel_id]) if one.channel_id in states else None)
        for one in variants
        if one.channel_id in seen
    ]
    text = post.content.get("text") or post.content.get("title") or post.title
    return PostLine(post, text, look_of_post(post.state), places, len(variants) - len(places), _why(post))


def _over_first(publication: Publication) -> tuple[bool, int]:
    return publication.state != PublicationState.CANCELLED, publication.pk


def _why(post: Post) -> str:
    if post.state == PostState.REVIEW:
        asked = [one for one in post.requests.all() if one.state == RequestState.OPEN]
        return _("{name} asks for approval").format(name=asked[0].asked_by.name) if asked else ""
    if post.state == PostState.PLANNED and post.due_at is not None:
        return _("leaves on {time}").format(time=full(post.due_at))
    words = {
        PostState.HELD: _("somebody has stopped it"),
        PostState.STUCK: _("it has not left everywhere"),
        PostState.READY: _("it has no time yet"),
    }
    return words.get(PostState(post.state), "")

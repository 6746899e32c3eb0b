"""Where posts and publications are, in words, with a tone and an icon; what a platform counts, and fields by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from parvis.channels.models import EffectState
from parvis.core.connector import Can
from parvis.core.measuring import Unit
from parvis.publishing.models import HeldBy, PostState, Publication, PublicationState
from parvis.publishing.queries import Progress
from parvis.web import times
from parvis.web.templatetags.parvis import number


class Look(NamedTuple):
    label: Promise
    tone: str
    icon: str


_POSTS = {
    PostState.DRAFT: Look(gettext_lazy("Draft"), "", "pencil"),
    PostState.REVIEW: Look(gettext_lazy("To approve"), "waits", "eye"),
    PostState.READY: Look(gettext_lazy("Ready"), "done", "circle-check"),
    PostState.PLANNED: Look(gettext_lazy("Planned"), "act", "clock"),
    PostState.LEAVING: Look(gettext_lazy("On its way"), "act", "send"),
    PostState.OUT: Look(pgettext_lazy("a post that has left", "Out"), "done", "check"),
    PostState.STUCK: Look(gettext_lazy("Needs a person"), "harm", "alert-triangle"),
    PostState.HELD: Look(gettext_lazy("Stopped"), "waits", "player-pause"),
    PostState.CANCELLED: Look(gettext_lazy("Cancelled"), "", "x"),
}
_PUBLICATIONS = {
    PublicationState.PLANNED: _POSTS[PostState.PLANNED],
    PublicationState.HELD: _POSTS[PostState.HELD],
    PublicationState.RELEASED: _POSTS[PostState.LEAVING],
    PublicationState.DONE: Look(gettext_lazy("Arrived"), "done", "check"),
    PublicationState.NEEDS_PERSON: _POSTS[PostState.STUCK],
    PublicationState.CANCELLED: _POSTS[PostState.CANCELLED],
    PublicationState.WITHDRAWN: Look(gettext_lazy("Taken down again"), "", "arrow-back-up"),
}
LOST = Look(gettext_lazy("No longer there"), "harm", "alert-triangle")
"""A publication that somebody has taken down on the platform."""
_UNITS = {
    Unit.CHARACTERS: gettext_lazy("{length} of {most} characters"),
    Unit.UTF16: gettext_lazy("{length} of {most} characters (an emoji counts two or more)"),
    Unit.GRAPHEMES: gettext_lazy("{length} of {most} signs"),
    Unit.BYTES: gettext_lazy("{length} of {most} bytes"),
    Unit.WEIGHTED: gettext_lazy("{length} of {most} by the platform’s weights"),
    Unit.HASHTAGS: gettext_lazy("{length} of {most} hashtags"),
    Unit.MENTIONS: gettext_lazy("{length} of {most} mentions"),
    Unit.LINKS: gettext_lazy("{length} of {most} links"),
}
FIELDS = {
    "working_title": gettext_lazy("Working title"),
    "text": gettext_lazy("Text"),
    "title": gettext_lazy("Title"),
    "link": gettext_lazy("Link"),
    "language": gettext_lazy("Language"),
    "warning": gettext_lazy("Content warning"),
    "media": gettext_lazy("Media"),
    "thread": gettext_lazy("Thread"),
    "comment": gettext_lazy("First comment"),
    "poll": gettext_lazy("Poll"),
    "options": gettext_lazy("The platform’s own fields"),
    "is_on": gettext_lazy("Leaves here"),
    "channels": gettext_lazy("Channels"),
}


def look_of_post(state: str) -> Look:
    return _POSTS[PostState(state)]


def look_of_publication(state: str) -> Look:
    return _PUBLICATIONS[PublicationState(state)]


def field_name(name: str) -> str:
    return str(FIELDS.get(name.partition(".")[0], name))


def count_words(unit: Unit, length: int, most: int | None) -> str:
    """In the platform's own unit; without a limit the bare number."""
    if most is None:
        return _("{length} without a limit").format(length=number(length))
    return str(_UNITS[unit]).format(length=number(length), most=number(most))


@dataclass(frozen=True, slots=True)
class Answer:
    """One button."""

    verb: str
    label: str


def progress_words(progress: Progress, now: datetime) -> str:
    """What more there is to say than the state: when, how far, why."""
    publication = progress.publication
    match publication.state:
        case PublicationState.PLANNED:
            return _("for {time}").format(time=times.full(publication.due_at))
        case PublicationState.HELD if publication.held_by == HeldBy.CRISIS:
            return _("a crisis has held it back")
        case PublicationState.RELEASED:
            return _way_words(progress, now)
        case PublicationState.DONE if publication.done_at is not None:
            return times.full(publication.done_at)
    return ""


def answers_to(progress: Progress) -> list[Answer]:
    """What a person can do about a publication that needs one."""
    if progress.publication.state != PublicationState.NEEDS_PERSON:
        return []
    again = Answer("retry", _("Try again"))
    if not is_doubtful(progress):
        return [again, Answer("give_up", _("Give up"))]
    return [Answer("happened", _("It happened")), Answer("not_happened", _("It did not happen: send again"))]


def is_doubtful(progress: Progress) -> bool:
    """Nobody but a person can tell whether it arrived."""
    return any(part.state == EffectState.NEEDS_PERSON and part.is_in_doubt for part in progress.parts)


def acts_on(publication: Publication) -> list[Answer]:
    """What may be done with one channel's publication while it is not over."""
    state = publication.state
    found = []
    if state in (PublicationState.PLANNED, PublicationState.RELEASED):
        found.append(Answer("hold", _("Stop")))
    if state == PublicationState.HELD and publication.held_by != HeldBy.CRISIS:
        found.append(Answer("resume", _("Go on")))
    return found


_SENT = (Can.UPLOAD, Can.PUBLISH)


def _way_words(progress: Progress, now: datetime) -> str:
    parts = [part for part in progress.parts if part.state != EffectState.CANCELLED and part.can in _SENT]
    if not parts:
        return ""
    done = sum(part.state == EffectState.DONE for part in parts)
    words = _("part {n} of {all}").format(n=min(done + 1, len(parts)), all=len(parts))
    current = next((part for part in parts if part.state != EffectState.DONE), None)
    if current is None:
        return words
    if current.can == Can.UPLOAD:
        words = _("{part}, a file").format(part=words)
    if current.try_count and current.next_try_at is not None and current.next_try_at > now:
        words = _("{part}, tried again at {time}").format(part=words, time=times.full(current.next_try_at))
    return words

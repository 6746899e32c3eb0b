"""What happened in a crisis room, in sentences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parvis.listening.crisis.timeline import Moment
from parvis.listening.models import FileState, QueryState
from parvis.web.screens.listen.lines import cut_title

_SAID_BY_PEOPLE = frozenset({"entry", "item"})
_ICONS = {
    "entry": "message", "item": "file-text", "opened": "alert-triangle", "paused": "player-pause", "linked": "link",
    "unlinked": "x", "line": "note", "approved": "circle-check", "withdrawn": "trash", "task": "list-check",
    "task_done": "check", "task_again": "refresh", "file": "file-text", "query": "ear", "alert": "bell",
    "resumed": "player-play", "ended": "flag",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log as it is read. `quote`: of somebody outside."""

    at: datetime
    icon: str
    who: str
    did: str
    """Of the desk; "" where somebody wrote an entry."""
    text: str
    is_written: bool
    quote: Mapping[str, Any] | None = None
    said_at: datetime | None = None


def line_of(moment: Moment) -> Line:
    quote = moment.facts if moment.kind == "item" and not moment.is_hidden else None
    written = moment.kind in _SAID_BY_PEOPLE and not moment.is_hidden
    return Line(
        at=moment.at,
        icon=_ICONS.get(moment.kind, "point"),
        who=moment.who or "Parvis",
        did=_did(moment),
        text=moment.text if written or moment.kind in {"opened", "line", "approved", "withdrawn"} else "",
        is_written=written,
        quote=quote,
        said_at=parse_datetime(quote["said_at"]) if quote and quote.get("said_at") else None,
    )


def language_name(code: str) -> str:
    known = {"fr": "français", "de": "Deutsch", "it": "italiano", "rm": "rumantsch", "en": "English"}
    return known.get(code) or str(dict(settings.LANGUAGES).get(code, code))


def _did(moment: Moment) -> str:
    if moment.is_hidden:
        return _("did something with what a department has that you do not see")
    say = _SENTENCES.get(moment.kind)
    return say(moment) if say is not None else ""


def _of(sentence: str) -> Callable[[Moment], str]:
    return lambda moment: _(sentence).format(
        name=moment.text, language=language_name(str(moment.facts.get("language", "")))
    )


def _paused(moment: Moment) -> str:
    places = ", ".join(moment.facts.get("departments") or []) or _("the whole house")
    return _("paused everything scheduled for {departments}").format(departments=places)


def _resumed(moment: Moment) -> str:
    places = ", ".join(moment.facts.get("departments") or []) or _("the whole house")
    return _("ended the pause for {departments}").format(departments=places)


def _linked(moment: Moment) -> str:
    sentence = {
        "query": _("put the query “{name}” on the screen"),
        "story": _("put the story “{name}” on the screen"),
        "file": _("put the reputation file “{name}” on the screen"),
    }.get(moment.facts.get("what", ""), "{name}")
    return sentence.format(name=cut_title(moment.text, ""))


def _unlinked(moment: Moment) -> str:
    return _("took “{name}” off the screen").format(name=cut_title(moment.text, ""))


def _task(moment: Moment) -> str:
    to = moment.facts.get("to")
    if to:
        return _("gave the task “{name}” to {to}").format(name=moment.text, to=to)
    return _("noted the task “{name}”").format(name=moment.text)


def _file(moment: Moment) -> str:
    if moment.facts.get("what") == "approved":
        return _("approved an answer in the file “{name}”").format(name=moment.text)
    sentence = {
        FileState.OPEN: _("opened the file “{name}” again"),
        FileState.ANSWERED: _("marked the file “{name}” as answered"),
        FileState.CLOSED: _("closed the file “{name}”"),
    }.get(moment.facts.get("state", ""), "{name}")
    return sentence.format(name=moment.text)


def _query(moment: Moment) -> str:
    changed = moment.facts.get("changed", ())
    if not changed:
        return _("saved the query “{name}”").format(name=moment.text)
    if "state" not in changed:
        return _("changed the query “{name}”").format(name=moment.text)
    sentence = {
        QueryState.ON: _("let the query “{name}” listen again"),
        QueryState.PAUSED: _("paused the query “{name}”"),
        QueryState.ARCHIVED: _("put the query “{name}” away"),
    }.get(moment.facts.get("state", ""), "{name}")
    return sentence.format(name=moment.text)


_SENTENCES: dict[str, Callable[[Moment], str]] = {
    "item": _of(gettext_noop("put a text into the log")),
    "opened": _of(gettext_noop("opened the room")),
    "paused": _paused,
    "resumed": _resumed,
    "ended": _of(gettext_noop("ended the room")),
    "linked": _linked,
    "unlinked": _unlinked,
    "line": _of(gettext_noop("drafted a holding line ({language})")),
    "approved": _of(gettext_noop("approved a holding line ({language})")),
    "withdrawn": _of(gettext_noop("withdrew a holding line ({language})")),
    "task": _task,
    "task_done": _of(gettext_noop("did the task “{name}”")),
    "task_again": _of(gettext_noop("opened the task “{name}” again")),
    "file": _file,
    "query": _query,
    "alert": _of(gettext_noop("raised an alert for “{name}”")),
}

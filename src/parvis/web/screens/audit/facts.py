"""What an entry of the trail tells beyond its action, in phrases."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.orgs.models import AuditEntry
from parvis.web import times
from parvis.web.screens.audit import values
from parvis.web.screens.audit.names import Names
from parvis.web.screens.channels.platforms import platform_of
from parvis.web.screens.effects.words import what_of

_OF_NO_USE = frozenset({"effect", "note", "hash", "entry", "evidence"})
"""Numbers of rows that nobody looks up."""


def phrases_of(entry: AuditEntry, names: Names) -> list[SafeString]:
    facts = {name: value for name, value in entry.facts.items() if name not in _OF_NO_USE}
    if entry.subject == "item" and entry.action != "item.take_back":
        facts.pop("verdict", None)  # the action says it
    if "before" in facts and "after" in facts:
        facts.pop("to", None)  # the name of what `after` holds
    if "name" in facts:
        facts.pop("label", None)
    found = list(_changes(entry, facts.pop("before", None), facts.pop("after", None), names))
    for name, value in facts.items():
        if value is not None and value != []:
            found.append(_phrase(name, value, names))
    return found


def _changes(entry: AuditEntry, before: Any, after: Any, names: Names) -> Iterator[SafeString]:
    if before is None and after is None:
        return
    if entry.action == "department.order":
        yield _said(_("now {departments}"), departments=_listed(names.department(key) for key in after or ()))
    elif entry.action.startswith("role."):
        yield _role(before, after)
    elif isinstance(before, dict):
        after = after if isinstance(after, dict) else {}
        for name in {**before, **after}:
            if not after:
                yield _was(name, before[name], names)
            elif before.get(name) != after.get(name):
                yield _change(name, before.get(name), after.get(name), names)
    else:
        yield _said(_("from {before} to {after}"), before=before, after=after)


def _role(before: str | None, after: str | None) -> SafeString:
    if before and after:
        return _said(_("from {before} to {after}"), before=values.role(before), after=values.role(after))
    if after:
        return _said(_("as {role}"), role=values.role(after))
    return _said(_("was {value}"), value=values.role(before or ""))


def _was(name: str, value: Any, names: Names) -> SafeString:
    return _said(_("was {value}"), value=values.words(name, value, names))


def _change(name: str, before: Any, after: Any, names: Names) -> SafeString:
    if name in {"assignee", "assignee_id"} and before is None:
        return _to(after, names)
    if name in {"assignee", "assignee_id"}:
        places = {"before": values.words(name, before, names), "after": values.words(name, after, names)}
        return _said(_("from {before} to {after}"), **places)
    if name == "snoozed_until":
        if not after:
            return _said(_("no longer snoozed"))
        return _said(_("snoozed until {time}"), time=times.full(datetime.fromisoformat(after)))
    return _said(
        _("{what} from {before} to {after}"),
        what=values.name_of(name),
        before=values.words(name, before, names),
        after=values.words(name, after, names),
    )


def _phrase(name: str, value: Any, names: Names) -> SafeString:
    if isinstance(value, dict) and set(value) == {"before", "after"}:
        return _change(name, value["before"], value["after"], names)
    say = _PHRASES.get(name)
    if say is not None:
        return say(value, names)
    return _said(_("{name}: {value}"), name=values.name_of(name), value=values.words(name, value, names))


def _to(value: Any, names: Names) -> SafeString:
    return _said(_("to {person}"), person=names.person(value) if isinstance(value, int) else value)


_PHRASES: dict[str, Callable[[Any, Names], SafeString]] = {
    "member": lambda value, names: _said(_("for {who}"), who=names.person(value)),
    "invited_by": lambda value, names: _said(_("invited by {person}"), person=names.person(value)),
    "named": lambda value, names: _said(_("for the eyes of {people}"), people=_listed(map(names.person, value))),
    "to": _to,
    "role": lambda value, _names: _said(_("as {role}"), role=values.role(value)),
    "name": lambda value, _names: _said(_("“{name}”"), name=value),
    "query": lambda value, _names: _said(_("filter: {filter}"), filter=value),
    "text": lambda value, _names: _said(_("query: {query}"), query=value),
    "reason": lambda value, _names: _said(_("reason: {reason}"), reason=values.reason(value)),
    "verdict": lambda value, _names: _said(_("it was: {what}"), what=values.verdict(value)),
    "can": lambda value, _names: _said(_("order: {what}"), what=what_of(value)),
    "code": lambda value, _names: _said(_("because {fault}"), fault=values.fault(value)),
    "error": lambda value, _names: _said(_("because {fault}"), fault=values.fault(value)),
    "happened": lambda value, _names: _said(_("it happened") if value else _("it did not happen and is sent again")),
    "merged": lambda value, _names: _said(_("with conversation {id}"), id=value),
    "count": lambda value, _names: _said(ngettext("{n} in all", "{n} in all", value), n=value),
    "connector": lambda value, _names: _said("{platform}", platform=platform_of(value).name),
    "address": lambda value, _names: _said("{address}", address=value),
}


def _said(sentence: str, **places: Any) -> SafeString:
    """Each place keeps its own direction of writing."""
    return format_html(sentence, **{name: _isolated(value) for name, value in places.items()})


def _isolated(value: Any) -> SafeString:
    return value if isinstance(value, SafeString) else format_html("<bdi>{}</bdi>", value)


def _listed(names: Any) -> SafeString:
    return format_html_join(", ", "<bdi>{}</bdi>", ((name,) for name in names))


def subject_of(entry: AuditEntry, subjects: Mapping[str, Any], names: Names) -> SafeString:
    """“channel Our site”, “conversation 12”; by name wherever it has one that is known."""
    kind, key = str(subjects.get(entry.subject, entry.subject)), entry.subject_key
    if entry.subject in {"house", "audit", "batch"}:
        return format_html("{}", kind)
    named = {"member": names.person, "department": names.department, "channel": names.channel}.get(entry.subject)
    if named is not None and key.isdecimal():
        return format_html("{} <bdi>{}</bdi>", kind, named(int(key)))
    return format_html("{} {}", kind, key)

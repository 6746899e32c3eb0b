"""What there is to say and to do about a publication that is out: confirmed or not, its figures, changes, taking down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from parvis.core.connector import Can
from parvis.core.wording import Text
from parvis.flows.echoes import Echo, echoes_of
from parvis.orgs.models import Member
from parvis.publishing import queries
from parvis.publishing.editing import edits_of
from parvis.publishing.models import EditState, NumberName, PublicationEdit, PublicationState, ReadBack
from parvis.publishing.numbers import Figures, figures_of
from parvis.publishing.queries import Progress
from parvis.publishing.withdrawing import OPEN_STATES, is_leaving_again, why_not
from parvis.web.screens.effects.words import problem_of
from parvis.web.screens.publish.words import Answer

_AFTER = (PublicationState.DONE, PublicationState.NEEDS_PERSON, PublicationState.WITHDRAWN)
_MOST_TALKS = 5


@dataclass(slots=True)
class After:
    confirmed_at: datetime | None = None
    looked_at: datetime | None = None
    gone_at: datetime | None = None
    differences: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Of the figures."""
    figures: list[tuple[datetime, list[int | None]]] = field(default_factory=list)
    talks: list[str] = field(default_factory=list)
    """Addresses of conversations below it."""
    talk_words: str = ""
    under_way: str = ""
    """What is on its way there, in words."""
    undo: list[Answer] = field(default_factory=list)
    edit_url: str = ""
    why_no_edit: str = ""
    may_take_down: bool = False
    why_no_withdrawal: str = ""


def afters_of(progress: Sequence[Progress], member: Member, *, may_publish: bool) -> dict[int, After]:
    """By publication, of those that are or were out; a fixed number of questions."""
    rows = [one for one in progress if one.publication.state in _AFTER and one.publication.done_at is not None]
    if not rows:
        return {}
    publications = [one.publication for one in rows]
    figures, echoes = figures_of(publications), echoes_of(publications, member)
    looked, edits = queries.read_backs_of(publications), queries.open_edits_of(publications)
    return {
        key: _after(one, looked.get(key), figures.get(key), echoes.get(key), edits.get(key), may_publish=may_publish)
        for one in rows
        if (key := one.publication.pk)
    }


def _after(
    progress: Progress,
    looked: ReadBack | None,
    figures: Figures | None,
    echo: Echo | None,
    edit: PublicationEdit | None,
    *,
    may_publish: bool,
) -> After:
    after = After()
    if looked is not None:
        after.confirmed_at, after.looked_at, after.gone_at = looked.confirmed_at, looked.looked_at, looked.gone_at
        after.differences = [problem_of(one) for one in looked.differences]
    _with_figures(after, figures)
    if echo is not None:
        after.talks = [reverse("talk", args=[key]) for key in echo.conversation_ids[:_MOST_TALKS]]
        count = len(echo.conversation_ids)
        after.talk_words = ngettext("{n} conversation about it", "{n} conversations about it", count).format(n=count)
    _with_acts(after, progress, edit, may_publish=may_publish)
    return after


def _with_figures(after: After, figures: Figures | None) -> None:
    if figures is None:
        return
    labels = _number_names()
    after.names = [labels[NumberName(name)] for name in figures.names]
    after.figures = [(at, list(values)) for at, values in figures.rows]


def _number_names() -> Mapping[NumberName, str]:
    return {
        NumberName.LIKES: _("Likes"),
        NumberName.BOOSTS: _("Shared"),
        NumberName.REPLIES: _("Replies"),
        NumberName.QUOTES: _("Quoted"),
        NumberName.VIEWS: _("Views"),
    }


def _with_acts(after: After, progress: Progress, edit: PublicationEdit | None, *, may_publish: bool) -> None:
    publication = progress.publication
    if is_leaving_again(progress.parts):
        after.under_way = _("It is being taken down there.")
        is_late = any(one.can == Can.WITHDRAW and one.state in OPEN_STATES and one.try_count for one in progress.parts)
        after.undo = [Answer("keep_up", _("Leave it there"))] if may_publish and not is_late else []
        return
    if edit is not None:
        waits = edit.state == EditState.WAITING
        after.under_way = _("A change waits for approval.") if waits else _("A change is on its way there.")
        is_late = any(one.can == Can.EDIT and one.state in OPEN_STATES and one.try_count for one in progress.parts)
        after.undo = [Answer("drop_edit", _("Take the change back"))] if may_publish and not is_late else []
    if publication.state != PublicationState.DONE or not may_publish or after.gone_at is not None:
        return
    edits, why = edits_of(publication.channel), why_not(publication.channel)
    if edits.why_not is not None:
        after.why_no_edit = _in_words(edits.why_not)
    elif edit is None:
        after.edit_url = reverse("publication-edit", args=[publication.pk])
    after.may_take_down, after.why_no_withdrawal = why is None, _in_words(why) if why is not None else ""


def _in_words(text: Text) -> str:
    said = text.in_language(get_language() or "en")
    return said[:1].upper() + said[1:] + "."

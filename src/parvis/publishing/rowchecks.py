"""Rows of a table as the composer would see them: what each would become, and what stands in its way."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parvis.channels.models import Channel
from parvis.core.errors import BadInput, NoSuchTime, ParvisError
from parvis.core.post import Content, Fault
from parvis.core.wording import Text
from parvis.orgs.access import may
from parvis.orgs.crisis import is_paused
from parvis.orgs.models import Department, Member
from parvis.orgs.rights import Action
from parvis.publishing.content import CRISIS, SAME_MINUTE, faults_of, hints_of, with_campaign
from parvis.publishing.models import PUBLICATION_TRANSITIONS, Campaign, Pillar, Post, Publication
from parvis.publishing.planning import must_be_ahead
from parvis.publishing.saying import Said
from parvis.publishing.tables import read_day, read_time
from parvis.publishing.times import moment_of
from parvis.publishing.written import as_json

_SEPARATORS = (";", "|", ",", "\n")
_A_MINUTE = "%Y-%m-%dT%H:%M"


@dataclass(slots=True)
class Checked:
    """One row: `wish` is what would be made of it."""

    number: int
    values: dict[str, str]
    wish: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_fit(self) -> bool:
        return all(fault.is_hint for fault in self.faults)


class Checking:
    """The house as one check of a whole table needs it, read once."""

    def __init__(
        self,
        department: Department,
        member: Member,
        channels: Iterable[Channel],
        *,
        zone: str,
        day_order: str,
        now: datetime,
    ) -> None:
        self.department, self.member, self.zone, self.day_order, self.now = department, member, zone, day_order, now
        self._channels = _by_name(channels)
        self._campaigns = {one.name.casefold(): one for one in _open(Campaign, department)}
        self._pillars = {one.name.casefold(): one for one in _open(Pillar, department)}
        self._is_paused = is_paused(department.pk, now=now)
        self._said = Said(now=now, is_near_told=False)
        self._minutes = _taken_minutes(now)
        self._may_publish: dict[int, bool] = {}

    def rows(self, rows: Iterable[tuple[int, dict[str, str]]]) -> Iterator[Checked]:
        """In their order: what an earlier row says counts as said."""
        for number, values in rows:
            yield self._row(Checked(number, values))

    def _row(self, row: Checked) -> Checked:
        values = row.values
        channels = self._chosen(row)
        campaign = self._named(row, "campaign", self._campaigns, _NO_CAMPAIGN)
        pillar = self._named(row, "pillar", self._pillars, _NO_PILLAR)
        content = Content(text=values.get("text", ""), title=values.get("title", ""), link=values.get("link", ""))
        if not content.text and not content.title and not content.link:
            row.faults.append(Fault("empty", "text", Text("nothing is written", "rien n’est écrit")))
        if values.get("alt"):
            row.faults.append(_NO_PICTURE)
        due_at = self._time(row)
        row.wish |= {
            "channels": [one.pk for one in channels], "content": as_json(content),
            "title": (content.title or content.text)[:80], "labels": _split(values.get("labels", "")),
            "campaign": campaign.pk if campaign else None, "pillar": pillar.pk if pillar else None,
        }  # fmt: skip
        post = Post(pk=-row.number, title=row.wish["title"], department=self.department)
        for channel in channels:
            row.faults += self._on_channel(post, channel, content, campaign, due_at)
        if self._is_paused and due_at is not None:
            row.faults.append(CRISIS)
        return row

    def _on_channel(
        self, post: Post, channel: Channel, content: Content, campaign: Campaign | None, due_at: datetime | None
    ) -> list[Fault]:
        try:
            content = with_campaign(content, campaign, channel)
        except ParvisError as error:
            return [Fault("unreadable", "", error.text)]
        found = [*faults_of(content, channel), *hints_of(content, channel)]
        found += self._said.faults(post, channel, content)
        self._said.add(post, channel.pk, content)
        if due_at is not None:
            minute = due_at.strftime(_A_MINUTE)
            if minute in self._minutes[channel.pk]:
                found.append(SAME_MINUTE)
            self._minutes[channel.pk].add(minute)
        return [
            Fault(one.code, one.field, _ON.format(channel=channel.name, words=one.words), is_hint=one.is_hint)
            for one in found
        ]

    def _chosen(self, row: Checked) -> list[Channel]:
        written = row.values.get("channels", "")
        if not written:
            row.faults.append(Fault("no_channel", "channels", Text("no channel is named", "aucun canal n’est nommé")))
            return []
        names = [written] if written.casefold() in self._channels else _split(written)
        found: dict[int, Channel] = {}
        for name in names:
            there = self._channels.get(name.casefold(), [])
            if len(there) != 1:
                words = _NO_CHANNEL if not there else _TWO_CHANNELS
                row.faults.append(Fault("no_channel", "channels", words.format(name=name)))
            elif not self._may_reach(there[0]):
                row.faults.append(Fault("not_allowed", "channels", _NOT_YOURS.format(name=name)))
            else:
                found[there[0].pk] = there[0]
        return list(found.values())

    def _may_reach(self, channel: Channel) -> bool:
        if channel.pk not in self._may_publish:
            self._may_publish[channel.pk] = may(self.member, Action.PUBLISH, channel)
        return self._may_publish[channel.pk]

    def _named(self, row: Checked, column: str, known: dict[str, Any], words: Text) -> Any:
        name = row.values.get(column, "")
        if name and name.casefold() not in known:
            row.faults.append(Fault(f"no_{column}", column, words.format(name=name[:80])))
        return known.get(name.casefold()) if name else None

    def _time(self, row: Checked) -> datetime | None:
        """None where it has none, or one that there is not."""
        day, clock = _day_and_time(row.values)
        if not day and not clock:
            return None
        if not day or not clock:
            row.faults.append(Fault("time", "date", _HALF))
            return None
        zone = row.values.get("zone", "") or self.zone
        try:
            wall = datetime.combine(read_day(day, day_order=self.day_order), read_time(clock))
            moment = moment_of(wall, zone)
            must_be_ahead(moment, now=self.now)
        except BadInput as error:
            row.faults.append(Fault("time", "date", _detail(error)))
            return None
        if moment.is_twice:
            row.faults.append(Fault("twice", "date", _TWICE, is_hint=True))
        row.wish |= {"due_local": moment.local, "zone": zone}
        return moment.at


def _day_and_time(values: dict[str, str]) -> tuple[str, str]:
    """A cell may hold both."""
    day, clock = values.get("date", ""), values.get("time", "")
    if day and not clock:
        head, sign, rest = day.replace("T", " ").rpartition(" ")
        if sign and ":" in rest:
            return head.strip(), rest
    return day, clock


def _detail(error: ParvisError) -> Text:
    """What is meant, without the sentence around it."""
    found = error.places.get("detail")
    return found if isinstance(found, Text) and not isinstance(error, NoSuchTime) else error.text


def _by_name(channels: Iterable[Channel]) -> dict[str, list[Channel]]:
    found: dict[str, list[Channel]] = defaultdict(list)
    for channel in channels:
        found[channel.name.casefold()].append(channel)
    return dict(found)


def _open(model: type[Campaign] | type[Pillar], department: Department) -> Iterable[Any]:
    rows: Iterable[Any] = model.objects.filter(department=department, closed_at__isnull=True)
    return rows


def _taken_minutes(now: datetime) -> dict[int, set[str]]:
    rows = Publication.objects.filter(due_at__gte=now).exclude(state__in=PUBLICATION_TRANSITIONS.final)
    found: dict[int, set[str]] = defaultdict(set)
    for channel_id, due_at in rows.values_list("channel_id", "due_at"):
        found[channel_id].add(due_at.strftime(_A_MINUTE))
    return found


def _split(written: str) -> list[str]:
    for sign in _SEPARATORS[1:]:
        written = written.replace(sign, _SEPARATORS[0])
    return list(dict.fromkeys(part.strip() for part in written.split(_SEPARATORS[0]) if part.strip()))


_ON = Text("{channel}: {words}", "{channel}\u202f: {words}")
_NO_CHANNEL = Text("there is no channel “{name}”", "il n’y a pas de canal «\u202f{name}\u202f»")
_TWO_CHANNELS = Text("several channels are called “{name}”", "plusieurs canaux s’appellent «\u202f{name}\u202f»")
_NOT_YOURS = Text("you may not publish on “{name}”", "vous ne pouvez pas publier sur «\u202f{name}\u202f»")
_NO_CAMPAIGN = Text("there is no campaign “{name}”", "il n’y a pas de campagne «\u202f{name}\u202f»")
_NO_PILLAR = Text("there is no pillar “{name}”", "il n’y a pas de pilier «\u202f{name}\u202f»")
_HALF = Text("a time needs both its day and its hour", "il faut à la fois la date et l’heure")
_TWICE = Text(
    "the clock shows that time twice on that day: it leaves the first time",
    "l’horloge montre deux fois cette heure ce jour-là\u202f: il part la première fois",
)
_NO_PICTURE = Fault(
    "no_picture", "alt",
    Text("a table brings no pictures: the description is not kept", "un tableau n’apporte pas d’images\u202f: la description n’est pas reprise"),
    is_hint=True,
)  # fmt: skip

"""What was and will be said on a channel, and whether something says the same once more."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from parvis.channels.models import Channel
from parvis.core.errors import ParvisError
from parvis.core.post import Content, Fault
from parvis.core.text.normalise import folded_text
from parvis.core.text.stories import same, signature_of
from parvis.core.wording import Text
from parvis.publishing.models import PUBLICATION_TRANSITIONS, EvergreenPick, Post, Publication
from parvis.publishing.written import as_content, with_changes

LOOKS_BACK = timedelta(days=7)
MOST_COMPARED = 500
MOST_SAME = 5000


@dataclass(frozen=True, slots=True)
class _Words:
    post_id: int
    repeat_id: int | None
    title: str
    text: str


class Said:
    """Read once for each channel; who plans many posts in one transaction adds each, and reads no more.

    `is_near_told` False: only the very same words are looked for, which is quick however many posts there are.
    """

    def __init__(self, *, now: datetime, is_near_told: bool = True) -> None:
        self._now, self._is_near_told = now, is_near_told
        self._by_channel: dict[int, list[_Words]] = {}
        self._same: dict[int, dict[str, list[_Words]]] = {}

    def faults(self, post: Post, channel: Channel, content: Content) -> list[Fault]:
        """The same words are a fault, nearly the same a hint. Occurrences of one repeat are meant to be the same."""
        text = whole_text(content)
        folded = _folded(text)
        if not folded:
            return []
        others = self._on(channel.pk)
        equal = next((one for one in self._same[channel.pk].get(folded, ()) if not _belongs(one, post)), None)
        if equal is not None:
            return [Fault("repeated", "text", _REPEATED.format(title=equal.title))]
        if not self._is_near_told:
            return []
        own = signature_of(text)
        return (
            [_NEARLY_REPEATED]
            if any(same(own, signature_of(one.text)) for one in others if not _belongs(one, post))
            else []
        )

    def add(self, post: Post, channel_id: int, content: Content) -> None:
        """It is planned now."""
        if channel_id in self._by_channel:
            self._take(channel_id, _Words(post.pk, post.repeat_id, post.title, whole_text(content)))

    def read(self, channel_ids: Iterable[int]) -> None:
        """Of all these channels at once, in one question."""
        new = [key for key in dict.fromkeys(channel_ids) if key not in self._by_channel]
        for key in new:
            self._by_channel[key], self._same[key] = [], {}
        if new:
            for channel_id, words in self._read(new):
                self._take(channel_id, words)

    def _on(self, channel_id: int) -> list[_Words]:
        self.read([channel_id])
        return self._by_channel[channel_id]

    def _take(self, channel_id: int, words: _Words) -> None:
        self._by_channel[channel_id].append(words)
        self._same[channel_id].setdefault(_folded(words.text), []).append(words)

    def _read(self, channel_ids: Sequence[int]) -> Iterator[tuple[int, _Words]]:
        """The newest of each channel, however much another has."""
        rows = Publication.objects.filter(channel__in=channel_ids, due_at__gte=self._now - LOOKS_BACK)
        rows = rows.exclude(state__in=PUBLICATION_TRANSITIONS.final)
        place = Window(RowNumber(), partition_by="channel_id", order_by=F("due_at").desc())
        rows = rows.annotate(place=place).filter(place__lte=MOST_COMPARED if self._is_near_told else MOST_SAME)
        named = rows.order_by("-due_at").values_list(
            "channel_id", "post_id", "post__repeat_id", "post__title", "content"
        )
        for channel_id, post_id, repeat_id, title, written in named:
            yield channel_id, _Words(post_id, repeat_id, title, whole_text(as_content(written)))


def _belongs(words: _Words, post: Post) -> bool:
    return words.post_id == post.pk or (post.repeat_id is not None and words.repeat_id == post.repeat_id)


def _folded(text: str) -> str:
    return " ".join(folded_text(text).split())


def whole_text(content: Content) -> str:
    """All that is read of it, for comparing."""
    return "\n".join(part for part in (content.title, content.text, *content.thread) if part)


def says_as_before(post: Post, content: Content) -> list[Fault]:
    """What is said again says it anew, unless the rule that chose it lets the same words leave."""
    if post.evergreen_of_id is None or post.evergreen_of is None:
        return []
    pick = EvergreenPick.objects.filter(post=post).select_related("rule").first()
    if pick is not None and pick.rule.may_repeat_words:
        return []
    words = _folded(whole_text(content))
    return [_AS_BEFORE] if words and any(words == one for one in _first_words(post.evergreen_of)) else []


def _first_words(root: Post) -> Iterator[str]:
    for changes in [{}, *root.variants.values_list("changes", flat=True)]:
        try:
            yield _folded(whole_text(with_changes(root.content, changes)))
        except ParvisError:
            continue


_REPEATED = Text(
    "the same was or will be said there within a week (“{title}”)",
    "la même chose y est dite à moins d’une semaine («\u202f{title}\u202f»)",
)
_NEARLY_REPEATED = Fault(
    "nearly_repeated", "text",
    Text("nearly the same was said there within a week", "presque la même chose y est dite à moins d’une semaine"),
    is_hint=True,
)  # fmt: skip
_AS_BEFORE = Fault(
    "recycled_same", "text",
    Text("these are the words of the first time: say it anew", "ce sont les mots de la première fois\u202f: dites-le autrement"),
)  # fmt: skip

"""How much speaks for it that links were put there by somebody else.

Links are weighed in groups, as they were put there: what hides in one box, stands before or behind the page, is written
by one script, or follows one another in a text. One sign alone never alarms; ordinary uses of each sign take away.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from parvis.core.integrity.hosts import is_public_body
from parvis.core.integrity.links import Link
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.tongues import is_other_language, script_of
from parvis.core.integrity.tree import Element
from parvis.core.integrity.words import Told

ALARM_FROM = 5.0
SURE_FROM = 6.0
_NEARLY = 4.0

_WORD_POINTS = {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}
_CONSENT = re.compile(
    r"cookie|consent|gdpr|dsgvo|rgpd|\bcmp|privacy|onetrust|didomi|borlabs|cc-window|eupopup|opt-?out|vendor",
    re.IGNORECASE,
)
_CONSENT_ADDRESS = re.compile(
    r"privacy|privac|datenschutz|confidential|cookie|opt-?out|policy|policies|legal|terms|gdpr|vie-privee|donnees-personnelles",
    re.IGNORECASE,
)
_ORDINARY = re.compile(
    r"nav|menu|dropdown|footer|header|social|share|lang|breadcrumb|partner|sponsor|network|brands|modal|popup|overlay|dialog|drawer|tab-?pane|accordion|collapse|carousel|slide|tooltip|popover|references|reflist|footnote|comment|lightbox|sidebar|widget",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"(?:^|[^a-z])(?:ads?|adv|advert\w*|anzeigen?|werbung|banner|sponsor\w*|pub|publicite|promo\w*|affiliate\w*|taboola|outbrain|adsense|dfp|gpt|reklam\w*)(?:$|[^a-z])",
    re.IGNORECASE,
)
_VOUCHED_FOR_BY_NOBODY = ("nofollow", "sponsored", "ugc")
_MENU_OF_SCRIPTS = 3
_CALL_WORDS = 4
_SUBJECT_TIMES = 3
"""A page that uses the words so often is about the subject."""


@dataclass
class Group:
    """`links` lead to strangers; `others_count` is how many other links stand among them."""

    links: list[Link]
    context: float
    others_count: int = 0
    is_common: bool = False
    is_visible: bool = False
    is_run: bool = False
    is_encoded: bool = False
    root: Element | None = None


@dataclass(eq=False)
class Weighed:
    link: Link
    group: Group
    points: float
    signs: list[str] = field(default_factory=list)


def weighed(reading: Reading, groups: Iterable[Group]) -> Iterator[Weighed]:
    """Every link with what speaks against it."""
    for group in groups:
        yield from _Scale(reading, group).weigh()


class _Scale:
    def __init__(self, reading: Reading, group: Group) -> None:
        self.reading = reading
        self.group = group
        self.links = group.links
        self.in_group = Counter(link.domain for link in self.links)

    def weigh(self) -> list[Weighed]:
        points, signs = (0.0, []) if self.group.is_visible else self._shared()
        return [self._one(link, points, list(signs)) for link in self.links]

    def _shared(self) -> tuple[float, list[str]]:
        """What holds for all links of a group."""
        group, signs = self.group, []
        points = group.context
        count = len(self.links)
        words = [link.told.strength for link in self.links]
        telling = sum(strength >= 2 for strength in words) / count
        word_points = 3 if telling >= 0.5 else 2 if telling >= 0.2 else 1 if telling or any(words) else 0
        if word_points:
            signs.append("words")
        script_points = self._script_points()
        if script_points:
            signs.append("script")
        elif is_other_language(" . ".join(link.text for link in self.links), self.reading.languages):
            script_points = 2
            signs.append("language")
        points += word_points + script_points
        doors = [link.doorway for link in self.links]
        if sum(doors) / count >= 0.3:
            points += 2 if max(doors) == 2 else 1
            signs.append("doorway")
        if group.is_run:
            points += self._run_points(telling=telling, has_door=sum(doors) > 0)
        points += self._breadth(signs)
        if sum(is_public_body(link.host) for link in self.links) / count >= 0.2 and (word_points or script_points):
            points += 1
        return points - self._ordinary(has_sign=word_points + script_points >= 3), signs

    def _run_points(self, *, telling: float, has_door: bool) -> float:
        """Lists of sources, friends and sponsors stand on many pages: what they say has to be out of place."""
        if telling < 0.3 and not has_door:
            return -3.0
        subjects = {link.told.subject for link in self.links if link.told.strength >= 2}
        return -2.0 if any(self.reading.subjects.get(subject) for subject in subjects) else 1.0

    def _script_points(self) -> float:
        """Letters that the page does not use elsewhere. A menu of languages uses many, once each."""
        written = [script_of(link.text) for link in self.links]
        others = [one for one in written if one and one not in self.reading.scripts_written_in]
        if not others:
            return 0.0
        languages = [link.element.get("hreflang") or link.element.get("lang") for link in self.links if link.element]
        if len(set(written)) >= _MENU_OF_SCRIPTS or any(languages):
            return 0.0
        return 3.0 if len(others) / len(self.links) >= 0.4 else 1.0

    def _is_lonely(self, link: Link) -> bool:
        """The page mentions this host nowhere else, and the site hardly."""
        elsewhere = self.reading.mention_counts[link.domain] - self.in_group[link.domain]
        return elsewhere <= 0 and not self.reading.known.is_often_linked(link.host)

    def _breadth(self, signs: list[str]) -> float:
        lonely = {link.domain for link in self.links if self._is_lonely(link)}
        share = len(self.links) / (len(self.links) + self.group.others_count)
        points = 1.0 if len(lonely) >= len(self.in_group) * 0.8 else 0.0
        if len(lonely) >= 3 and share >= 0.7:
            signs.append("stray")
            points += 1.0 if self.group.is_common or len(lonely) < 5 else 2.0
        if share < 0.5:
            points -= 2.0
        return points

    def _ordinary(self, *, has_sign: bool) -> float:
        """What speaks for an everyday use. Words and letters that do not belong outweigh names of classes."""
        count = len(self.links)
        around = self._names_around(self.links[0])
        addresses = sum(_CONSENT_ADDRESS.search(link.url) is not None for link in self.links) / count
        less = 0.0
        if addresses >= 0.5 or (_CONSENT.search(around) and not has_sign):
            less += 3.0
        if _ORDINARY.search(around):
            less += 0.5 if has_sign else 1.5
        if _ADVERT.search(around):
            less += 1.0
        plain = [link for link in self.links if link.told.strength < 2]
        if sum(link.is_named_after_host for link in plain) / count >= 0.4:
            less += 2.0
        if sum(link.has_image for link in self.links) / count >= 0.5:
            less += 1.0 if has_sign else 2.0
        if sum(any(word in link.rel for word in _VOUCHED_FOR_BY_NOBODY) for link in self.links) / count >= 0.5:
            less += 1.0
        return less

    def _names_around(self, link: Link) -> str:
        names: list[str] = []
        for element in link.element.line_up() if link.element else ():
            if element.tag in {"body", "html"} or len(names) > 12:
                break
            names += [element.attributes.get("id", ""), element.attributes.get("class", ""), element.get("role")]
            if element.tag in {"ul", "ol"} and element.parent is not None and element.parent.tag == "li":
                names.append("menu")
            if element.tag in {"nav", "footer", "header", "aside"}:
                names.append(element.tag)
        return " ".join(names)

    def _one(self, link: Link, points: float, signs: list[str]) -> Weighed:
        if self.group.is_run and not link.said.strength and link.is_named_after_host:
            return Weighed(link, self.group, 0.0, [])  # a partner's, next to which the others were put
        if not self.group.is_visible:
            return Weighed(link, self.group, points, signs)
        points, signs = self._visible(link)
        return Weighed(link, self.group, points, signs)

    def _visible(self, link: Link) -> tuple[float, list[str]]:
        """A link that everybody sees: it has to be out of place by what it says."""
        told = link.said
        if told.strength < 2 and link.text.isascii():
            return 0.0, []
        points, signs = self._out_of_place(link, told)
        if not signs:
            return 0.0, []
        if link.doorway:
            points += link.doorway
            signs.append("doorway")
        points += 1.0 if self._is_lonely(link) else -1.0
        if any(word in link.rel for word in _VOUCHED_FOR_BY_NOBODY):
            points -= 2.0
        if _ADVERT.search(self._names_around(link)):
            points -= 2.0
        if link.is_named_after_host and told.strength < 2:
            points -= 2.0
        return points - (1.0 if link.has_image else 0.0), signs

    def _out_of_place(self, link: Link, told: Told) -> tuple[float, list[str]]:
        """By its subject, its letters or its language."""
        signs: list[str] = []
        points = self.group.context + _WORD_POINTS[told.strength]
        if told.strength == 2 and _is_call(link):
            points += 1.0
        if told.strength >= 2:
            times = self.reading.subjects.get(told.subject, 0)
            points += 1.0 if not times else 0.0 if times < _SUBJECT_TIMES else -2.0
            signs += ["words"] if times else ["words", "off-topic"]
        other = script_of(link.text)
        if other and other not in self.reading.scripts_written_in and not self._is_of_languages(link):
            points += 3.0
            signs.append("script")
        elif told.strength >= 2 and is_other_language(link.text, self.reading.languages, least=3):
            points += 2.0
            signs.append("language")
        if told.strength >= 2 and is_public_body(link.host):
            points += 1.0
        return points, signs

    @staticmethod
    def _is_of_languages(link: Link) -> bool:
        return any(one.get("hreflang") or one.get("lang") for one in (link.element.line_up() if link.element else ())
                   if one.tag not in {"html", "body"})  # fmt: skip


def _is_call(link: Link) -> bool:
    """“malta casino” at a host of another name: no name of a house, and no headline."""
    rest = link.text[1:]
    return rest == rest.lower() and len(link.text.split()) <= _CALL_WORDS and not link.is_named_after_host


def alarming(all_weighed: Sequence[Weighed]) -> list[Weighed]:
    """Those that reach the threshold, each once; visible ones in another script speak for each other."""
    odd = [one for one in all_weighed if one.group.is_visible and "script" in one.signs and one.points >= _NEARLY]
    confirms = any(one.link.doorway or one.link.told.strength for one in odd)
    confirmed = {id(one) for one in odd} if confirms and len({one.link.domain for one in odd}) > 1 else set()
    sure = {one.link.domain for one in all_weighed if one.points >= SURE_FROM and _is_out_of_sight(one)}
    best: dict[int, Weighed] = {}
    for one in all_weighed:
        is_enough = one.points >= ALARM_FROM or id(one) in confirmed or (sure and _is_of_same_hand(one, sure))
        if is_enough and (id(one.link) not in best or best[id(one.link)].points < one.points):
            best[id(one.link)] = one
    return list(best.values())


def _is_out_of_sight(one: Weighed) -> bool:
    return not one.group.is_visible and not one.group.is_run


def _is_of_same_hand(one: Weighed, sure: set[str]) -> bool:
    """Who has hidden one link on a page has often hidden more, each in a box of its own."""
    if not _is_out_of_sight(one) or one.group.context < 2.0:
        return False
    return one.points >= _NEARLY or one.link.domain in sure

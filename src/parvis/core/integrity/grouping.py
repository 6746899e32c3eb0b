"""Which links were put on the page together."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from parvis.core.integrity.hiding import Hidden
from parvis.core.integrity.links import Link, Zone
from parvis.core.integrity.reading import Reading
from parvis.core.integrity.scripts import Script, written_links
from parvis.core.integrity.tree import Element
from parvis.core.integrity.weighing import Group

_COMMON_POINTS = 1.0
_RARE_POINTS = 2.0
_ZONE_POINTS = {Zone.BEFORE: 4.0, Zone.AFTER: 4.0, Zone.BEHIND_BODY: 1.0, Zone.HEAD: 2.0, Zone.BODY: 0.0}
_WHOLE_SHARE = 0.6
"""What hides more of the page than this is a curtain until it has loaded."""


_SHORTEST_RUN = 3
_LONGEST_STEP_CHARS = 1_000
_SHORT_SCRIPT_CHARS = 3_000
_CHARS_A_LINK = 300
"""A script that is longer than its links need does something else as well: most hide and write something."""


class _Place(NamedTuple):
    zone: Zone
    root: Element | None
    is_of_single_boxes: bool
    """Each link has a box of its own; `root` is what the boxes stand in."""
    row: int = 0
    """Which row of such boxes, where others stand far from them."""


def groups_of(reading: Reading) -> Iterator[Group]:
    by_place: dict[_Place, list[Link]] = {}
    visible: list[Link] = []
    row, last_start = 0, 0
    for link in reading.links:
        if not reading.is_strange(link.host):
            continue
        root = _root(reading, link.hidden)
        if root is None and link.zone is Zone.BODY:
            visible.append(link)
            continue
        is_single = root is not None and _anchors_in(reading, root) == 1
        if is_single:
            row += link.start - last_start > _LONGEST_STEP_CHARS
            last_start = link.start
        parent = root.parent if root is not None and is_single else root
        place = _Place(link.zone, parent, is_single, row if is_single else 0)
        by_place.setdefault(place, []).append(link)
    for place, links in by_place.items():
        yield _placed_group(reading, place, links)
    if visible:
        yield Group(visible, 0.0, is_visible=True)
        yield from _runs(reading, visible)
    for script in reading.scripts:
        yield from _written_groups(reading, script)


def _runs(reading: Reading, visible: list[Link]) -> Iterator[Group]:
    """Visible links that follow one another with no other link between."""
    run: list[Link] = []
    last = -1
    for link in visible:
        number = bisect_left(reading.anchor_starts, link.start)
        if run and (number != last + 1 or link.start - run[-1].start > _LONGEST_STEP_CHARS):
            if _is_worth_weighing(run):
                yield Group(run, 0.0, is_run=True)
            run = []
        run.append(link)
        last = number
    if _is_worth_weighing(run):
        yield Group(run, 0.0, is_run=True)


def _is_worth_weighing(run: list[Link]) -> bool:
    return len({one.domain for one in run}) >= _SHORTEST_RUN and any(
        one.said.strength >= 2 or one.doorway for one in run
    )


def _root(reading: Reading, hidden: Hidden | None) -> Element | None:
    if hidden is None or hidden.root.tag in {"html", "body"}:
        return None
    length = hidden.root.end - hidden.root.start
    return None if length > len(reading.tree.source) * _WHOLE_SHARE else hidden.root


def _anchors_in(reading: Reading, root: Element) -> int:
    starts = reading.anchor_starts
    return bisect_left(starts, root.end) - bisect_left(starts, root.start)


def _placed_group(reading: Reading, place: _Place, links: list[Link]) -> Group:
    hidden = [link.hidden for link in links if link.hidden is not None and _root(reading, link.hidden) is not None]
    is_common = bool(hidden) and all(one.by.is_common for one in hidden)
    context = _ZONE_POINTS[place.zone]
    if hidden:
        context += _COMMON_POINTS if is_common else _RARE_POINTS
    if place.is_of_single_boxes:
        others = 0
    elif place.root is not None:
        others = _anchors_in(reading, place.root) - len(links)
    else:
        others = reading.anchors_by_zone[place.zone] - len(links)
    return Group(links, context, max(0, others), is_common=is_common and place.zone is Zone.BODY, root=place.root)


def _written_groups(reading: Reading, script: Script) -> Iterator[Group]:
    plain: list[Link] = []
    encoded: list[Link] = []
    others = 0
    for link, is_encoded in written_links(script):
        if reading.is_strange(link.host):
            (encoded if is_encoded else plain).append(link)
        else:
            others += 1
    if plain and not script.writes:
        yield Group(plain, 0.0, others, is_visible=True)
    elif plain:
        is_for_them = script.hides and len(script.raw) < _SHORT_SCRIPT_CHARS + _CHARS_A_LINK * len(plain)
        yield Group(plain, 3.0 if is_for_them else 1.0, others)
    if encoded:
        yield Group(encoded, 4.0 if script.hides else 3.0, others, is_encoded=True)

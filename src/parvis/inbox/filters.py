"""A filter text, made into conditions on conversations and a search in their items, as a member may see them.

Everything that is wanted together is looked at part by part. What is asked of the conversation alone becomes
SQL; words, phrases and beginnings that are wanted or left out are looked up as they are; any other part that
asks something of items is left to its tree (`trees` says what that means).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from parvis.channels.search import MOST_TERMS
from parvis.channels.search import Term as Words
from parvis.core.errors import QueryNotUnderstood
from parvis.core.query import Query, chips_of, parse_query
from parvis.core.query.cost import cost_of
from parvis.core.query.fields import STATES
from parvis.core.query.flat import Term, TermKind, flat_of
from parvis.core.query.printer import Chip, with_field
from parvis.core.query.tree import All, Field, Node, Not
from parvis.core.query.words import folded_parts
from parvis.core.wording import Text
from parvis.inbox.clauses import Asking, Clause, clause_of, clause_of_tree, is_of_conversation, negated, sticks, wrote
from parvis.inbox.naming import Names, fold, visible_labels, zone_of
from parvis.inbox.trees import MOST_LEVELS, Tree, is_of_items, levels_of, tree_of
from parvis.orgs.access import department_ids
from parvis.orgs.models import Department, Member

MOST_GIVEN = 20_000
"""Values that the conditions of one filter may hold."""
MOST_ASKED = 1_000
"""Different conditions on conversations that may stand among words."""
_NARROW = frozenset({"conv_assignee", "conv_held", "conv_priority"})

__all__ = [
    "Chip", "Clause", "Filter", "chips", "compile_filter", "fold", "slow_reason", "visible_labels", "with_field",
    "wrote", "zone_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows. `None` for departments, states or channels: any."""

    query: Query = field(default_factory=Query)
    departments: tuple[int, ...] | None = None
    states: tuple[str, ...] | None = None
    channels: tuple[int, ...] | None = None
    clauses: tuple[Clause, ...] = ()
    label_ids: tuple[int, ...] = ()
    """Each must stick."""
    author_ids: tuple[tuple[int, ...], ...] = ()
    """Of each group somebody must have written in it."""
    words: tuple[Words, ...] = ()
    """What one item must have, all of it; () where nothing is."""
    without: tuple[Words, ...] = ()
    """What the same item must not have, none of it."""
    tree: Tree | None = None
    """What one item must be, instead of words."""

    @property
    def is_empty(self) -> bool:
        """Nothing can be found: it contradicts itself, or names what is not there."""
        return () in (self.departments, self.states, self.channels) or () in self.author_ids

    @property
    def is_of_items(self) -> bool:
        return bool(self.words) or self.tree is not None

    @property
    def is_narrow(self) -> bool:
        """Whether what is asked of the conversation leaves few of them."""
        has_index = any(clause.index in _NARROW for clause in self.clauses)
        return has_index or self.channels is not None or bool(self.label_ids or self.author_ids)


def compile_filter(text: str, member: Member, *, now: datetime, department: Department | None = None) -> Filter:
    """The filter as it reads for this member, within what they may see.

    Raises QueryNotUnderstood where it cannot be read, names what does not exist, or holds too much.
    """
    query = parse_query(text)
    visible = department_ids(member)
    found = Filter(query, departments=None if visible is None else tuple(sorted(visible)))
    if department is not None:
        found = _within(found, {department.pk})
    asking = Asking(Names(text, member), now)
    of_items: list[Node] = []
    root = query.root
    for part in () if root is None else root.parts if isinstance(root, All) else (root,):
        field_asked = part.part if isinstance(part, Not) else part
        if isinstance(field_asked, Field) and is_of_conversation(field_asked):
            found = _narrowed(found, asking, field_asked, is_negated=isinstance(part, Not))
        elif is_of_items(part) or _is_mode(part) or levels_of(part) > MOST_LEVELS:
            of_items.append(part)
        else:
            found = replace(found, clauses=(*found.clauses, clause_of_tree(asking, part)))
    if not all(map(_is_mode, of_items)):
        found = _with_items(found, asking, of_items)
    _check_size(found, text)
    return found


def slow_reason(found: Filter) -> Text | None:
    """Why a list takes long, where conversations have to be looked through one after the other."""
    if found.tree is None or found.tree.is_sought or found.is_narrow:
        return None
    return cost_of(found.query).reason or Text(
        "no word leads to it, so that conversations are looked through one after the other",
        "aucun mot n’y mène\u202f: les conversations sont parcourues l’une après l’autre",
    )


def chips(text: str) -> list[Chip]:
    """What the screen shows of a filter, part by part. Raises QueryNotUnderstood."""
    return chips_of(parse_query(text))


def _is_mode(part: Node) -> bool:
    return isinstance(part, Field) and part.name == "fold"


def _with_items(found: Filter, asking: Asking, parts: list[Node]) -> Filter:
    flat = flat_of(Query(All(tuple(parts))))
    terms = flat.terms if flat is not None else ()
    looked_up = {term: _words(term) for term in terms}
    wanted = tuple(dict.fromkeys(words for term, words in looked_up.items() if words and not term.is_negated))
    if terms and wanted and all(looked_up.values()) and len(wanted) <= MOST_TERMS:
        without = tuple(words for term, words in looked_up.items() if words and term.is_negated)
        return replace(found, words=wanted, without=without)
    return replace(found, tree=tree_of(parts, asking))


def _words(term: Term) -> Words | None:
    """As the full-text index is asked for it; None where it cannot be."""
    if term.kind is TermKind.FIELD:
        return None
    *whole, last = folded_parts(term.value)
    if any("*" in one for one in whole) or "*" in last[:-1] or last == "*":
        return None
    return Words((*whole, last.rstrip("*")), is_prefix=last.endswith("*"))


def _check_size(found: Filter, text: str) -> None:
    asked = found.tree.asked if found.tree is not None else ()
    count = sum(len(clause.params) for clause in (*found.clauses, *asked)) + 2 * sum(map(len, found.author_ids))
    if count > MOST_GIVEN or len(asked) > MOST_ASKED:
        raise QueryNotUnderstood(
            start=0,
            end=len(text),
            detail=Text(
                "it names more than the inbox can look up at once",
                "elle nomme plus que la réception ne peut chercher à la fois",
            ),
            repair=Text("Make two filters of it.", "Faites-en deux filtres."),
        )


def _within(found: Filter, ids: set[int], *, is_negated: bool = False) -> Filter:
    """Narrowed to departments, or to the others."""
    if is_negated and found.departments is None:
        others = Department.objects.exclude(pk__in=ids).values_list("id", flat=True)
        return replace(found, departments=tuple(sorted(others)))
    seen = found.departments
    if seen is None:
        return replace(found, departments=tuple(sorted(ids)))
    return replace(found, departments=tuple(key for key in seen if (key in ids) is not is_negated))


def _narrowed(found: Filter, asking: Asking, asked: Field, *, is_negated: bool) -> Filter:
    """By one field: of some a list knows more than a condition, so that an index leads along it."""
    own = _LISTED.get("state" if (asked.name, asked.value) == ("is", "snoozed") else asked.name)
    if own is not None:
        return own(found, asking, asked, is_negated)
    clause = clause_of(asking, asked)
    return replace(found, clauses=(*found.clauses, negated(clause) if is_negated else clause))


def _state(found: Filter, _asking: Asking, asked: Field, is_negated: bool) -> Filter:
    states = found.states or STATES if found.states != () else ()
    return replace(found, states=tuple(name for name in states if (name == asked.value) is not is_negated))


def _department(found: Filter, asking: Asking, asked: Field, is_negated: bool) -> Filter:
    return _within(found, set(asking.names.ids(asked)), is_negated=is_negated)


def _channel(found: Filter, asking: Asking, asked: Field, is_negated: bool) -> Filter:
    names = asking.names
    ids = names.ids(asked) if asked.name == "channel" else names.channels_of_platform(asked)
    if is_negated:
        return replace(found, clauses=(*found.clauses, negated(clause_of(asking, asked)))) if ids else found
    kept = ids if found.channels is None else tuple(key for key in found.channels if key in ids)
    return replace(found, channels=kept)


def _label(found: Filter, asking: Asking, asked: Field, is_negated: bool) -> Filter:
    ids = asking.names.ids(asked)
    if not is_negated and len(ids) == 1:
        return replace(found, label_ids=(*found.label_ids, *ids))
    clause = sticks(ids)  # several departments use the word: any of them
    return replace(found, clauses=(*found.clauses, negated(clause) if is_negated else clause))


def _author(found: Filter, asking: Asking, asked: Field, is_negated: bool) -> Filter:
    ids = asking.names.authors(asked)
    if not is_negated:
        return replace(found, author_ids=(*found.author_ids, ids))
    return replace(found, clauses=(*found.clauses, negated(wrote(ids)))) if ids else found


_LISTED: dict[str, Callable[[Filter, Asking, Field, bool], Filter]] = {
    "state": _state,
    "department": _department,
    "channel": _channel,
    "platform": _channel,
    "label": _label,
    "author": _author,
}

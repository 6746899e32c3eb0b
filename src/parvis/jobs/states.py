"""A small graph of states, checked when it is imported."""

from collections.abc import Mapping, Set
from typing import Generic, TypeVar

from django.db.models import TextChoices

S = TypeVar("S", bound=TextChoices)


class Transitions(Generic[S]):
    """Which state may follow which. Raises ValueError where a state leads nowhere and is not final."""

    def __init__(self, states: type[S], graph: Mapping[S, Set[S]], *, final: Set[S]) -> None:
        self.graph = graph
        self.final = final
        for state in states:
            leads = bool(graph.get(state))
            if leads == (state in final):
                raise ValueError(f"{states.__name__}.{state.name} must lead somewhere or be final, and not both")

    def allowed(self, before: S, after: S) -> bool:
        return after in self.graph.get(before, frozenset())

    def sources(self, after: S) -> list[S]:
        """The states from which `after` can be reached in one step: for a conditional update."""
        return [state for state, following in self.graph.items() if after in following]

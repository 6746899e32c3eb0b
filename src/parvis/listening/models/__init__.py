"""What the house listens for: saved queries, what they found, and stories."""

from parvis.listening.models.queries import HourCount, Match, QueryState, QueryVersion, SavedQuery
from parvis.listening.models.stories import Story, Telling

__all__ = ["HourCount", "Match", "QueryState", "QueryVersion", "SavedQuery", "Story", "Telling"]

"""Saved queries against documents: one query compiled, or a hundred thousand at once."""

from parvis.core.matching.compiling import compile_query
from parvis.core.matching.frequency import Frequencies
from parvis.core.matching.matcher import Matcher
from parvis.core.matching.predicates import Predicate
from parvis.core.matching.prepared import Prepared, prepare

__all__ = ["Frequencies", "Matcher", "Predicate", "Prepared", "compile_query", "prepare"]

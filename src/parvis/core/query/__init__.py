"""The query language: text to tree and back. One meaning wherever it is used."""

from parvis.core.query.parser import parse_query
from parvis.core.query.printer import Chip, chips_of, print_query
from parvis.core.query.tree import Query

__all__ = ["Chip", "Query", "chips_of", "parse_query", "print_query"]

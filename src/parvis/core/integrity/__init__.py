"""What a page of one's own site should not contain: links, scripts and words that somebody else has put there."""

from parvis.core.integrity.comparing import Read, compare, compare_with_last
from parvis.core.integrity.facts import SiteFacts
from parvis.core.integrity.findings import Finding, Kind, Severity
from parvis.core.integrity.inspecting import gather, inspect
from parvis.core.integrity.page import Page

__all__ = [
    "Finding",
    "Kind",
    "Page",
    "Read",
    "Severity",
    "SiteFacts",
    "compare",
    "compare_with_last",
    "gather",
    "inspect",
]

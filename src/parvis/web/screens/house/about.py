"""What somebody wants to know of the installation before they write to its makers, or make room on its disk."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import parvis
from parvis.jobs.health import database_facts, last_worker, living_workers, unfinished_job_count
from parvis.web.sizes import size_in_words
from parvis.web.templatetags.parvis import time_element

LITTLE_SPACE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: Any
    tone: str = ""


def facts_of_installation(now: datetime) -> list[Fact]:
    return [
        Fact(
            _("Version"),
            _("Parvis {version}, Python {python}").format(version=parvis.__version__, python=platform.python_version()),
        ),
        _database(),
        _worker(now),
        _space(),
        Fact(_("Data directory"), format_html('<bdi class="code">{}</bdi>', settings.DATA_DIR)),
    ]


def _database() -> Fact:
    facts = database_facts()
    size = _("size not known") if facts.size_bytes is None else size_in_words(facts.size_bytes)
    return Fact(_("Database"), f"{facts.kind} {facts.version}, {size}")


def _worker(now: datetime) -> Fact:
    """Without one, nothing is read and nothing is sent."""
    alive = living_workers(now)
    if not alive:
        last = last_worker()
        if last is None:
            return Fact(_("Worker"), _("None is running: nothing is read and nothing is sent. Start it again."), "harm")
        seen = time_element(last.seen_at, now)
        return Fact(
            _("Worker"),
            format_html("{} {}", _("None is running: nothing is read and nothing is sent. Last seen:"), seen),
            "harm",
        )
    since = time_element(alive[0].started_at, now)
    words = ngettext("{n} alive, since", "{n} alive, the first since", len(alive)).format(n=len(alive))
    waiting = unfinished_job_count()
    jobs = ngettext("{n} long work under way", "{n} long works under way", waiting).format(n=waiting) if waiting else ""
    return Fact(_("Worker"), format_html("{} {}{}", words, since, f" · {jobs}" if jobs else ""), "done")


def _space() -> Fact:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return Fact(_("Free storage"), size_in_words(free), "harm" if free < LITTLE_SPACE_BYTES else "")

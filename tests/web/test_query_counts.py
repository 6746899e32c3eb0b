"""No page of a filled house takes more than fifteen queries, not even the first after a start."""

import pytest
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver

from parvis.channels.models import Can, Channel, Effect, EffectState, ItemVersion
from parvis.core.types import Status
from parvis.inbox.models import Draft, Mention, Note, Presence
from parvis.inbox.services import add_label
from parvis.jobs.work import start_job
from parvis.moderation.services import decide
from parvis.orgs.models import Department
from parvis.testing.clock import MONDAY, later
from parvis.testing.factories import make_channel, make_conversation, make_item, make_member, make_profile
from parvis.web.rail import address_of

MOST_QUERIES = 15
NO_PAGES = {"inbox-changes", "audit-check", "channel-new-choose", "channel-new-save", "stream"}
"""Addresses without an argument that are no page of their own: fragments, and steps that lead back."""
"""Where the parts of a page come after it."""

"""What the database finds in history is what the naive evaluator says of each item, on both databases."""

from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.channels.candidates import candidates, newest_block
from parvis.channels.models import Item
from parvis.core.query.naive import holds
from parvis.core.query.plan import plan_of
from parvis.listening.documents import heard
from parvis.listening.history import find
from parvis.orgs.house import house_zone
from parvis.testing.factories import make_channel, make_department
from parvis.testing.heard import put_items
from parvis.testing.queries import NOW, documents, queries

EXAMPLES = 21
QUERIES = 40
DRAWN = 40
SHIFTS = (0, 1, 7)
"""Each text also under the titles and authors of two others: 21 × 40 × 120 = 100,800 pairs on each database."""


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example,
        HealthCheck.function_scoped_fixture,
    ],
)  # fmt: skip
@given(
    asked=st.lists(queries(), min_size=QUERIES, max_size=QUERIES),
    drawn=st.lists(documents(), min_size=DRAWN, max_size=DRAWN),
)
def test_sql_finds_what_the_naive_evaluator_finds(asked, drawn):
    texts = [
        replace(one, title=drawn[at - shift].title, author=drawn[at - shift].author)
        for shift in SHIFTS
        for at, one in enumerate(drawn)
    ]
    with transaction.atomic():
        news, sport = (make_channel(make_department(name)) for name in ("News", "Sport"))
        put_items(news, texts[::2], at=NOW)
        put_items(sport, texts[1::2], at=NOW)
        stored = heard(Item.objects.order_by("id"))
        departments = [news.department_id, sport.department_id]
        for query in asked:
            plan = plan_of(query)
            ids = [key for block in range(newest_block() + 1) for key in candidates(plan, block, departments)]
            found = find(query, ids, now=NOW)
            truth = [one.item_id for one in stored if holds(query, one.document, now=NOW, zone=house_zone())]
            assert found == truth, query
        transaction.set_rollback(True)

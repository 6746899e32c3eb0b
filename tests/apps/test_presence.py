"""Who else is looking, who is writing."""

import pytest

from parvis.core.errors import NotAllowed
from parvis.inbox.models import Presence
from parvis.inbox.queries import conversation_detail, conversation_page
from parvis.inbox.services import be_present, leave, prune_presences
from parvis.jobs.models import LiveEvent
from parvis.testing.clock import later
from parvis.testing.factories import make_channel, make_conversation, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(cast):
    return make_conversation(make_item(make_channel(cast.news)))


def test_colleague_is_seen_for_half_a_minute_and_not_by_themselves(cast, conversation, now):
    be_present(conversation, cast.maud, now=now, is_typing=True)
    seen = conversation_detail(cast.camille, conversation.pk, now=later(now, seconds=29)).present
    assert [(person.member, person.is_typing) for person in seen] == [("Maud", True)]
    assert conversation_page(cast.camille, "", now=now).rows[0].present[0].name == "Maud"
    assert not conversation_detail(cast.maud, conversation.pk, now=now).present
    assert not conversation_detail(cast.camille, conversation.pk, now=later(now, seconds=31)).present


def test_pages_are_told_only_of_what_changes(cast, conversation, now):
    be_present(conversation, cast.maud, now=now)
    be_present(conversation, cast.maud, now=later(now, seconds=10))
    be_present(conversation, cast.maud, now=later(now, seconds=20), is_typing=True)
    leave(conversation, cast.maud, now=later(now, seconds=25))
    leave(conversation, cast.maud, now=later(now, seconds=26))
    kinds = [(event.facts["is_there"], event.facts["is_typing"]) for event in LiveEvent.objects.order_by("id")]
    assert kinds == [(True, False), (True, True), (False, False)]


def test_stranger_cannot_be_present_and_the_long_gone_are_forgotten(cast, conversation, now):
    with pytest.raises(NotAllowed):
        be_present(conversation, cast.sam, now=now)
    be_present(conversation, cast.maud, now=now)
    assert prune_presences(later(now, hours=1)) == 1
    assert not Presence.objects.exists()

import pytest

from parvis.channels.models import Item
from parvis.testing.factories import make_channel, make_item


@pytest.mark.django_db
def test_member_sees_only_items_of_their_departments(cast):
    seen = make_item(make_channel(cast.news))
    make_item(make_channel(cast.sport))
    assert list(Item.objects.visible_to(cast.camille)) == [seen]
    assert Item.objects.visible_to(cast.olive).count() == 2

"""Whether anything waits to be heard: asked each second, so it loads nothing."""

from parvis.channels.models import Item


def something_waits() -> bool:
    return Item.objects.filter(is_heard=False).exists()

"""What the tests of publishing share: a post on the simulated platform, released and delivered at a moment of the test's."""

from tests.apps.delivering import channel_on, deliver

from parvis.channels.models import Effect
from parvis.core.post import Content
from parvis.publishing.following import follow
from parvis.publishing.models import Post, Publication
from parvis.publishing.releasing import release_due
from parvis.publishing.services import create_post, plan


def posting_channel(simulator, department, **fields):
    return channel_on(simulator, department, **{"can": ["upload", "publish"], **fields})


def written(member, department, channels, *, now, text="Good morning", **fields) -> Post:
    content = Content(text=text, **fields)
    return create_post(member, department, now=now, title=text[:20], content=content, channels=channels)


def planned(post, member, *, at, now):
    """At a time of UTC."""
    return plan(post, member, due_local=at.replace(tzinfo=None), zone="UTC", now=now)


def run(now) -> None:
    """What a worker does at that moment."""
    release_due(now=now)
    deliver(now)
    follow(now=now)


def state_of(thing) -> str:
    thing.refresh_from_db()
    return thing.state


def only_publication() -> Publication:
    return Publication.objects.get()


def parts_of(publication) -> dict[str, str]:
    return dict(Effect.objects.filter(chain=publication.key).values_list("name", "state"))


class _Fine:
    """No fault: the simulator does not know it."""


def fail_after(simulator, count, *faults) -> None:
    """The next `count` writes are done, then these go wrong."""
    simulator.fail_next(*[_Fine()] * count, *faults)

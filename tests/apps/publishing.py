"""What the tests of publishing share: a post on the simulated platform, released and delivered at a moment of the test's."""

import msgspec
from tests.apps.delivering import channel_on, deliver

from parvis.channels.models import Effect
from parvis.core.post import Content
from parvis.publishing.following import follow
from parvis.publishing.models import Post, Publication
from parvis.publishing.releasing import release_due
from parvis.publishing.services import create_post, plan


def posting_channel(simulator, department, **fields):
    return channel_on(simulator, department, **{"can": ["upload", "publish"], **fields})


def written(member, department, channels, *, now, text="Good morning", media=(), **fields) -> Post:
    is_library = all(one.asset for one in media)
    content = Content(text=text, media=media if is_library else (), **fields)
    post = create_post(member, department, now=now, title=text[:20], content=content, channels=channels)
    return post if is_library else by_path(post, media)


def by_path(post, media) -> Post:
    """Its media are files that are named by themselves, as in a post that is older than the library."""
    post.content = {**post.content, "media": msgspec.to_builtins(media)}
    post.save(update_fields=["content"])
    post.versions.filter(number=post.version).update(content=post.content)
    return post


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

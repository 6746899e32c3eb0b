"""Run as a program: a house with people and conversations, as the pages under test need it. Prints session keys."""

import json
import sys
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from parvis.channels.models import Item  # noqa: E402
from parvis.flows.route import route_new_items  # noqa: E402
from parvis.inbox.models import Conversation  # noqa: E402
from parvis.listening.history import beginning, look_back  # noqa: E402
from parvis.listening.services import Wish, save_query  # noqa: E402
from parvis.listening.telling import Stories  # noqa: E402
from parvis.orgs.models import Member  # noqa: E402
from parvis.testing.cast import Cast, make_cast  # noqa: E402
from parvis.testing.factories import make_channel, make_item, make_profile  # noqa: E402

TEXTS = (
    ("fr", "Merci pour cet article, enfin quelqu’un qui prend le temps d’expliquer les choses calmement."),
    ("en", "Great report. Could you link the study that you mention in the second paragraph?"),
    ("de", "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung, sage ich nur."),
    ("ar", "هذا تعليق طويل باللغة العربية لاختبار الاتجاه من اليمين إلى اليسار"),
    ("en", "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title='taken over'\">"),
)


def fill(count: int) -> dict[str, str]:
    now = datetime.now(UTC)
    cast = make_cast()
    channel = make_channel(cast.news, name="radioparvis.example.org", opens_conversations=["comment"])
    article = make_item(channel, "The article itself.", kind="article", title="Why the valleys wait", at=now)
    authors = [
        make_profile(channel, name, item_count=number) for number, name in enumerate(("Marie", "Sämi", "أحمد"), 1)
    ]
    for number in range(count):
        language, text = TEXTS[number % len(TEXTS)]
        at = now - timedelta(minutes=number)
        item = make_item(
            channel, text, at=at, language=language, profile=authors[number % 3], about=article,
            status="held" if number % 2 == 0 else "published", is_routed=False,
            url="https://radioparvis.example.org/#c" + str(number), body=text, body_is_html=number % 5 == 4,
        )  # fmt: skip
        Item.objects.filter(pk=item.pk).update(root=item)
    while route_new_items(now=now):
        pass
    assert Conversation.objects.count() == count
    _listen(cast, now)
    return {member.name: session_of(member) for member in Member.objects.all()}


def _listen(cast: Cast, now: datetime) -> None:
    """A query that found something, and a story."""
    wish = Wish(name="What is said in English", text="lang:en", department=cast.news, purpose="To be looked at.")
    query = save_query(cast.camille, wish, now=now)
    place = beginning()
    while place is not None:
        place, _, _ = look_back(query, place, now=now)
    Stories().place(list(Item.objects.values_list("id", flat=True)), now=now)


def session_of(member: Member) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))

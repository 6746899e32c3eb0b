"""Run as a program: a house with people and conversations, as the pages under test need it. Prints session keys."""

import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import av
import django
from PIL import Image

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from parvis.assets.models import Asset, Folder, Rendition  # noqa: E402
from parvis.assets.services import (  # noqa: E402
    RightWish,
    add_right,
    append,
    begin_upload,
    change_asset,
    create_folder,
    finish,
    import_captions,
    wish_of,
)
from parvis.assets.store import keep_bytes  # noqa: E402
from parvis.channels.models import Effect, Item  # noqa: E402
from parvis.core.post import Content, Poll  # noqa: E402
from parvis.flows.route import route_new_items  # noqa: E402
from parvis.inbox.models import Conversation  # noqa: E402
from parvis.listening.alerts.learning import Terms  # noqa: E402
from parvis.listening.alerts.looking import look_at_due_rules  # noqa: E402
from parvis.listening.alerts.rules import RuleWish, add_rule  # noqa: E402
from parvis.listening.copying import item_for_copy  # noqa: E402
from parvis.listening.crisis.lines import approve_line, write_line  # noqa: E402
from parvis.listening.crisis.log import log_item, write_entry  # noqa: E402
from parvis.listening.crisis.rooms import Debrief, choose, end_room, open_room  # noqa: E402
from parvis.listening.crisis.tasks import add_task  # noqa: E402
from parvis.listening.files.evidence import add_address, add_item, add_quotation  # noqa: E402
from parvis.listening.files.services import FileWish, approve_answer, open_file, write_answer  # noqa: E402
from parvis.listening.history import beginning, look_back  # noqa: E402
from parvis.listening.models import SavedQuery  # noqa: E402
from parvis.listening.reputation.services import (  # noqa: E402
    ComparisonWish,
    SideWish,
    add_annotation,
    save_comparison,
)
from parvis.listening.services import Wish, save_query  # noqa: E402
from parvis.listening.telling import Stories  # noqa: E402
from parvis.orgs.crisis import may_leave  # noqa: E402
from parvis.orgs.models import Member  # noqa: E402
from parvis.orgs.notices.routes import add_route  # noqa: E402
from parvis.publishing.calendar_feeds import add_feed  # noqa: E402
from parvis.publishing.calendar_links import make_link  # noqa: E402
from parvis.publishing.calendars import EventWish, add_event, set_options  # noqa: E402
from parvis.publishing.campaigns import place_post, save_campaign  # noqa: E402
from parvis.publishing.copying import copy_post  # noqa: E402
from parvis.publishing.evergreen import save_evergreen  # noqa: E402
from parvis.publishing.importing import hand_in  # noqa: E402
from parvis.publishing.media import medium_of  # noqa: E402
from parvis.publishing.models import CalendarFeed, EvergreenPick, FeedEvent, Post, Publication, ReadBack  # noqa: E402
from parvis.publishing.numbers import keep_numbers  # noqa: E402
from parvis.publishing.pillars import save_pillar  # noqa: E402
from parvis.publishing.queueing import queue_post  # noqa: E402
from parvis.publishing.queues import add_slot, save_queue  # noqa: E402
from parvis.publishing.services import (  # noqa: E402
    ask_approval,
    create_post,
    plan,
    publish_now,
    resolve_comment,
    save_draft,
    set_rule,
    write_comment,
)
from parvis.publishing.watching import watch  # noqa: E402
from parvis.testing.cast import Cast, make_cast  # noqa: E402
from parvis.testing.factories import make_channel, make_item, make_profile  # noqa: E402
from parvis.testing.figured import Said, put_said  # noqa: E402

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
    _in_crisis(cast, now)
    _publish(cast, now)
    _in_calendar(cast, now)
    _plan_ahead(cast, now)
    _in_library(cast, now)
    return {member.name: session_of(member) for member in Member.objects.all()}


def _listen(cast: Cast, now: datetime) -> None:
    """A query that found something, and a story."""
    wish = Wish(name="What is said in English", text="lang:en", department=cast.news, purpose="To be looked at.")
    query = save_query(cast.camille, wish, now=now)
    place = beginning()
    while place is not None:
        place, _, _ = look_back(query, place, now=now)
    Stories().place(list(Item.objects.values_list("id", flat=True)), now=now)
    _ring(query, cast, now)


def _publish(cast: Cast, now: datetime) -> None:
    """Posts in every state that a page has: written by two, to approve, planned, on its way, stuck, out, cancelled."""
    channels = [
        make_channel(cast.news, connector="mastodon", name="Radio Parvis auf dem Nachrichtenverbreitungsdienst", can=["publish"]),
        make_channel(cast.news, connector="bluesky", name="parvis.example.org", can=["publish"]),
    ]  # fmt: skip
    long = Content(text=f"{TEXTS[2][1]} " * 6, thread=(TEXTS[3][1],), comment="First.", warning="Words", language="de")
    contents = [long, Content(text=TEXTS[3][1], language="ar", link="https://example.org/a"), Content(text=TEXTS[4][1])]
    posts = [
        create_post(cast.camille, cast.news, now=now, title=f"{title} {TEXTS[2][1]}"[:90], content=content, channels=channels)
        for title, content in zip(("Draft", "Planned", "Out"), contents, strict=True)
    ]  # fmt: skip
    write_comment(posts[0], cast.maud, "@Camille: shorter?", now=now)
    resolve_comment(write_comment(posts[0], cast.camille, "Done.", now=now), cast.maud, now=now)
    on = {channel.pk: {"changes": {}} for channel in channels} | {channels[0].pk: {"changes": {"text": "Shorter."}}}
    save_draft(posts[0], cast.maud, base_version=posts[0].version, content=long, variants=on, now=now, title="Renamed")
    plan(posts[1], cast.camille, due_local=(now + timedelta(hours=30)).replace(tzinfo=None), zone="UTC", now=now)
    publish_now(posts[2], cast.camille, now=now)
    refused = {"code": "refused", "en": "The platform refused it.", "fr": "La plateforme a refusé."}
    rows = list(Publication.objects.filter(post=posts[2]).order_by("pk"))
    Publication.objects.filter(pk=rows[0].pk).update(state="needs_person", error=refused)
    Effect.objects.filter(chain=rows[0].key).update(state="needs_person", error=refused, is_in_doubt=True, try_count=1)
    Publication.objects.filter(pk=rows[1].pk).update(state="done", url="https://bsky.example/1", done_at=now)
    Effect.objects.filter(chain=rows[1].key).update(state="done")
    watch([rows[1]], now=now)
    faulty = {"code": "alt", "en": "the alt text is missing there", "fr": "le texte de remplacement y manque"}
    ReadBack.objects.update(looked_at=now, differences=[faulty])
    for hours, likes in ((1, 3), (6, 1200)):
        keep_numbers(rows[1], {"likes": likes, "replies": 2}, now=now + timedelta(hours=hours))
    Post.objects.filter(pk=posts[2].pk).update(state="stuck")
    asked = create_post(cast.sam, cast.sport, now=now, title="To approve", content=Content(text="We won."))
    set_rule(cast.sport, cast.olive, "one", now=now)
    ask_approval(asked, cast.sam, now=now, note="Before eight, please")


def _in_calendar(cast: Cast, now: datetime) -> None:
    """Holidays, an audience elsewhere, own events, a calendar of others that is shown and one that cannot be read."""
    set_options(cast.olive, regions="CH-VD, FR", audience_zone="America/New_York", now=now)
    day = now.replace(tzinfo=None)
    wish = EventWish(title=TEXTS[3][1], starts=day, ends=day + timedelta(days=2), zone="UTC", is_all_day=True)
    add_event(cast.olive, wish, now=now)
    wish = EventWish(
        title=TEXTS[2][1], starts=day, ends=day, zone="UTC", department=cast.news, note="Live", colour="red"
    )
    add_event(cast.camille, wish, now=now)
    for colour, name in (("teal", "Stadium"), ("pink", "Parliament")):
        feed = add_feed(cast.olive, name=name, address="https://example.org/a.ics", colour=colour, now=now)
    refused = {"code": "refused", "en": "It refused.", "fr": "Il a refusé."}
    CalendarFeed.objects.filter(pk=feed.pk).update(error=refused, left_out_count=2)
    FeedEvent.objects.create(source=feed, title="Sitting", starts_at=now, ends_at=now + timedelta(hours=1))
    make_link(cast.camille, now=now)


def _plan_ahead(cast: Cast, now: datetime) -> None:
    """A queue with slots and something in it, a campaign, pillars, a table with faults, a rule with its proposal."""
    long_name = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung"
    pillar = save_pillar(cast.news, cast.camille, name=long_name, colour="violet", wanted_percent=40, now=now)
    campaign = save_campaign(
        cast.news, cast.camille, name=TEXTS[3][1][:100], goal=TEXTS[2][1], utm={"medium": "social"}, colour="green",
        hashtags=["open"], now=now,
    )  # fmt: skip
    queue = save_queue(cast.news, cast.camille, name=long_name, zone="Europe/Zurich", now=now)
    for weekday in range(5):
        add_slot(queue, cast.camille, weekday=weekday, time=time(9), now=now, pillar=pillar if weekday else None)
        add_slot(queue, cast.camille, weekday=weekday, time=time(17, 30), now=now)
    channel = make_channel(cast.news, connector="mastodon", name="Queue of toots", can=["publish"])
    queued = create_post(
        cast.camille, cast.news, now=now, title="Queued", content=Content(text="In its slot"), channels=[channel]
    )
    place_post(queued, cast.camille, campaign=campaign, pillar=pillar, labels=["classic"], now=now)
    queue_post(queued, queue, cast.camille, now=now)
    lines = [
        "date,time,channels,text",
        f"2030-01-01,9:00,Queue of toots,{TEXTS[3][1]}",
        "05/03/2030,9:00,Nowhere,Ambiguous",
    ]
    hand_in("\n".join(lines).encode(), cast.news, cast.camille, name="posts.csv", zone="Europe/Zurich", now=now)
    rule = save_evergreen(cast.news, cast.camille, name="Classics", queue=queue, pillar=pillar, now=now)
    root = create_post(
        cast.camille, cast.news, now=now, title="Rested", content=Content(text=TEXTS[2][1]), channels=[channel]
    )
    Post.objects.filter(pk=root.pk).update(state="out")
    reasons = {"last_said_at": now.isoformat(), "times": 1, "pool": 1, "week": 0, "most_per_week": 1}
    again = copy_post(root, cast.camille, now=now, evergreen_of=root)
    EvergreenPick.objects.create(
        rule=rule, root=root, post=again, state="proposed", due_at=now, reasons=reasons, at=now
    )


def _in_library(cast: Cast, now: datetime) -> None:
    """A picture with rights that stand and that are over, a film with subtitles, a folder, a post with both."""
    folder = create_folder(cast.camille, cast.news, TEXTS[2][1][:60], now=now)
    create_folder(cast.camille, cast.news, "Choir", now=now, parent=folder)
    out = io.BytesIO()
    Image.linear_gradient("L").resize((640, 420)).convert("RGB").save(out, "JPEG")
    photo = _brought(cast, out.getvalue(), "Donaudampfschifffahrtsgesellschaft.jpg", now, folder=folder)
    film = _brought(cast, _film(), "film.mp4", now)
    wish = replace(wish_of(photo), alt={"en": "A bridge", "ar": TEXTS[3][1]}, tags=("river",), shows_people=True)
    change_asset(photo, cast.camille, replace(wish, folder=folder), now=now)
    add_right(photo, cast.camille, RightWish(kind="consent", holder="Ada", ends_on=now.date()), now=now)
    add_right(photo, cast.maud, RightWish(kind="right", holder=TEXTS[3][1][:100], territory="CH"), now=now)
    srt = b"1\n00:00:00,100 --> 00:00:00,500\nBonjour\n"
    import_captions(film.versions.get(), cast.camille, srt, name="a.srt", language="fr", now=now)
    for rendition in Rendition.objects.filter(params__preview=True, state="wanted"):
        rendition.made = keep_bytes(out.getvalue(), mime="image/jpeg", kind="image", facts={}, now=now)
        rendition.state, rendition.made_at = "made", now
        rendition.save()
    begin_upload(cast.camille, cast.news, name="half.mp4", size_bytes=9_000_000, now=now)
    channel = make_channel(cast.news, connector="mastodon", name="Seen", can=["publish", "upload"])
    content = Content(text="Look", media=(medium_of(photo), medium_of(film)), poll=Poll(choices=("Yes", "No")))
    create_post(cast.camille, cast.news, now=now, title="With media", content=content, channels=[channel])


def _brought(cast: Cast, data: bytes, name: str, now: datetime, *, folder: Folder | None = None) -> Asset:
    upload = begin_upload(cast.camille, cast.news, name=name, size_bytes=len(data), now=now)
    append(upload, cast.camille, 0, data, now=now)
    asset = finish(upload, cast.camille, now=now, folder=folder).asset
    assert asset is not None
    return asset


def _film() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), "teal"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def _ring(query: SavedQuery, cast: Cast, now: datetime) -> None:
    """A rule that rang, with who was told, and ways to tell them."""
    add_route(cast.camille, kind="mail", address="phone@example.net", name="Phone", now=now)
    add_route(
        cast.camille,
        kind="mail",
        address="desk@example.net",
        name="Desk",
        department=cast.news,
        is_shared=True,
        now=now,
    )
    terms = Terms(kind="threshold", threshold=0)
    add_rule(
        query, cast.camille, RuleWish(terms=terms, members=[cast.camille, cast.maud]), now=now - timedelta(hours=2)
    )
    look_at_due_rules(worker="filling", now=now)
    _compare(cast, query, now)


def _compare(cast: Cast, query: SavedQuery, now: datetime) -> None:
    """Two houses side by side, with everything that a figure can have, and something that happened."""
    other = save_query(cast.camille, Wish(name="The other house", text="autre", department=cast.news), now=now)
    for side, count in ((query, 40), (other, 24)):
        said = [
            Said(
                now - timedelta(days=1, hours=11 * number), text="Le débat de ce soir était passionnant.",
                author=("Lea Rochat", "Nils Weber", "اسم")[number % 3], tone=(number % 7) / 7 - 0.4, reach=number * 31,
            )
            for number in range(count)
        ]  # fmt: skip
        put_said(side, make_channel(cast.news, name=f"Feed {count}"), said, now=now)
    sides = [SideWish(query, "Radio Parvis"), SideWish(other, "")]
    save_comparison(cast.camille, ComparisonWish(name="Houses", department=cast.news, sides=sides), now=now)
    add_annotation(cast.camille, "A debate was broadcast", at=now - timedelta(days=4), department=cast.news, now=now)


def _in_crisis(cast: Cast, now: datetime) -> None:
    """A file with everything in it, a room of News that was ended, and an open one of Sport."""
    item = Item.objects.exclude(kind="article").order_by("id")[0]
    wish = FileWish(claim="They delete what they do not like", department=cast.news, position="We do not.")
    file = open_file(cast.camille, wish, now=now)
    add_item(file, cast.camille, item_for_copy(cast.camille, item.pk) or item, why="It began here.", now=now)
    add_address(file, cast.anna, "https://example.org/" + "a-long-address/" * 12, title="A page", now=now)
    add_quotation(file, cast.anna, "“They lie.”", author="A guest", place="On air", now=now)
    approve_answer(write_answer(file, cast.anna, "We delete what breaks the law.", now=now), cast.camille, now=now)
    write_answer(file, cast.anna, "We delete nothing else.", now=now)
    for place, lead in ((cast.news, cast.maud), (cast.sport, cast.olive)):
        room = open_room(lead, name="The transmitter is down", why="Nobody hears us.", departments=[place], now=now)
        approve_line(write_line(room, lead, "Wir klären das.", language="de", now=now), lead, now=now)
        write_line(room, lead, "Nous clarifions.", language="fr", now=now)
        add_task(room, lead, "Call the tower", to=lead, due_at=now, now=now)
        add_task(room, lead, "Ring the bell", now=now)
        write_entry(room, lead, "The engineer is on the way.\nShe calls at nine.", now=now)
        if place == cast.news:
            log_item(room, cast.camille, item, text="Look at this", now=now)
            choose(room, lead, file, name=file.claim, now=now)
            query = SavedQuery.objects.order_by("id")[0]
            choose(room, lead, query, name=query.name, now=now)
            may_leave(place.pk, kind="post", key=1, title="Good morning", due_at=now, now=now)
            end_room(room, lead, Debrief(happened="Lightning struck.", worked="The line."), now=now)
        else:
            query = save_query(lead, Wish(name="Goals", text="goal", department=place), now=now)
            choose(room, lead, query, name=query.name, now=now)


def session_of(member: Member) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "parvis.orgs.asking.Backend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))

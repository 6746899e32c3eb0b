"""A house of two departments in which every screen has something to show, and a word that only Sport's rows bear."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from parvis.assets.models import (
    Asset,
    AssetRight,
    AssetTag,
    AssetVersion,
    Caption,
    Folder,
    Rendition,
    RenditionState,
    Upload,
)
from parvis.assets.renditions import order_previews
from parvis.assets.services import RightWish, add_right, create_folder
from parvis.assets.store import keep_bytes
from parvis.assets.uploading import path_of
from parvis.channels.models import Effect, EffectState, Envelope, EnvelopeState, ItemVersion
from parvis.channels.search import SearchRow, add_rows, search_words
from parvis.core.post import Content
from parvis.core.types import Status
from parvis.inbox.models import Draft, Label, Labelling, Mention, Note, Presence, SavedView
from parvis.jobs.models import Job, JobState
from parvis.listening.alerts.learning import Terms
from parvis.listening.alerts.rules import RuleWish, add_rule
from parvis.listening.crisis.lines import approve_line, write_line
from parvis.listening.crisis.log import write_entry
from parvis.listening.crisis.presence import be_in_room
from parvis.listening.crisis.rooms import open_room
from parvis.listening.crisis.tasks import add_task
from parvis.listening.files.evidence import add_item
from parvis.listening.files.services import FileWish, open_file, write_answer
from parvis.listening.models import (
    AlertEpisode,
    AlertRule,
    AlertSign,
    Annotation,
    Comparison,
    CrisisRoom,
    HoldingLine,
    HourCount,
    Match,
    QueryVersion,
    ReputationFile,
    RoomTask,
    SavedQuery,
    Story,
    Telling,
)
from parvis.listening.reputation.services import ComparisonWish, SideWish, add_annotation, save_comparison
from parvis.moderation.models import Decision, Reason, Verdict
from parvis.orgs.audit import record
from parvis.orgs.crisis import may_leave
from parvis.orgs.models import Department, HeldBack, Link, LinkPurpose, Member, NoticeRoute
from parvis.orgs.notices.routes import add_route
from parvis.orgs.rights import Role
from parvis.publishing.calendar_feeds import add_feed
from parvis.publishing.calendar_links import make_link
from parvis.publishing.calendars import EventWish, add_event
from parvis.publishing.campaigns import place_post, save_campaign
from parvis.publishing.copying import copy_post
from parvis.publishing.evergreen import save_evergreen
from parvis.publishing.importing import hand_in
from parvis.publishing.letters import make_link as make_guest_link
from parvis.publishing.models import (
    ApprovalRequest,
    CalendarEvent,
    CalendarFeed,
    CalendarLink,
    Campaign,
    Evergreen,
    EvergreenPick,
    FeedEvent,
    Pillar,
    Post,
    PostComment,
    PostFile,
    Publication,
    Queue,
    QueueEntry,
    Slot,
)
from parvis.publishing.numbers import keep_numbers
from parvis.publishing.pillars import save_pillar
from parvis.publishing.queueing import queue_post
from parvis.publishing.queues import add_slot, save_queue
from parvis.publishing.recurring import Rule
from parvis.publishing.repeating import start_repeat
from parvis.publishing.services import ask_approval, create_post, plan, publish_now, set_rule, write_comment
from parvis.publishing.watching import watch
from parvis.testing.cast import Cast
from parvis.testing.clock import MONDAY
from parvis.testing.factories import make_channel, make_conversation, make_item, make_member, make_profile

SPORT_WORD = "Zebrafinch"
"""In every text of Sport: whoever of News meets it has seen too much."""
NEWS_WORD = "Nightingale"


@dataclass
class Part:
    """The rows of one department."""

    department: Department
    person: Member
    """A community manager of it."""
    other: Member
    """A contributor to it, who does nothing in these tests."""
    channel: Any
    conversation: Any
    item: Any
    published: Any
    label: Label
    note: Note
    own_view: SavedView
    shared_view: SavedView
    invitation: Link
    effect: Effect
    own_job: Job
    channel_job: Job
    batch: UUID
    query: SavedQuery
    story: Story
    file: ReputationFile
    room: CrisisRoom
    """Open, with a draft and an approved line, a task, an entry, and something that was held back."""
    line: HoldingLine
    task: RoomTask
    held: HeldBack
    comparison: Comparison
    """Of two queries, with matches on one."""
    annotation: Annotation
    rule: AlertRule
    episode: AlertEpisode
    """Open, and nobody looks after it."""
    route: NoticeRoute
    """The department's."""
    post: Post
    """A draft with a comment, for a channel that takes posts."""
    comment: PostComment
    planned: Post
    publication: Publication
    """Of `planned`: it leaves tomorrow."""
    asked: ApprovalRequest
    """Of a post that waits for whoever may approve."""
    out: Publication
    """Of a post that is out, with figures and words for a guest."""
    event: CalendarEvent
    feed: CalendarFeed
    """Read once, with one event."""
    link: CalendarLink
    """The person's own."""
    queue: Queue
    """With one post in its first slot."""
    slot: Slot
    entry: QueueEntry
    campaign: Campaign
    pillar: Pillar
    table: PostFile
    """Checked, not taken in, with one row that is fit and one that is not."""
    evergreen: Evergreen
    pick: EvergreenPick
    """A proposal that waits for somebody."""
    folder: Folder
    asset: Asset
    """A film in the folder, with its small picture."""
    version: AssetVersion
    made: Rendition
    right: AssetRight
    caption: Caption
    upload: Upload
    """The person's own; all of it has been sent."""


def furnish(cast: Cast) -> SimpleNamespace:
    """`.news` and `.sport` are Parts."""
    Department.objects.filter(pk=cast.sport.pk).update(name=f"Sport {SPORT_WORD}")
    Member.objects.filter(pk=cast.sam.pk).update(name=f"Sam {SPORT_WORD}")
    for row in (cast.sport, cast.sam):
        row.refresh_from_db()
    news = _part(cast.news, cast.camille, cast.maud, NEWS_WORD)
    return SimpleNamespace(cast=cast, news=news, sport=_part(cast.sport, cast.sam, cast.olive, SPORT_WORD))


def _part(department: Department, person: Member, colleague: Member, word: str) -> Part:
    other = make_member(f"Otto {word}", role=Role.CONTRIBUTOR, department=department)
    channel = make_channel(
        department, name=f"Site {word}", address=f"https://{word.lower()}.example.org/", failure_count=9,
        error={"code": "refused", "en": f"No {word}.", "fr": f"Pas de {word}."}, drift_count=1,
    )  # fmt: skip
    author = make_profile(channel, f"Author {word}", item_count=4, refused_count=1)
    item = make_item(channel, f"Held words of {word}", status=Status.HELD, profile=author, title=f"Title {word}")
    published = make_item(channel, f"Public words of {word}", profile=author)
    for one in (item, published):
        one.root = one
        one.save()
    add_rows([SearchRow(one.pk, department.pk, search_words(one.title, one.text)) for one in (item, published)])
    make_conversation(published)
    conversation = make_conversation(item, assignee=person, why=["held"])
    label = Label.objects.create(name=f"Label {word}", department=department)
    Labelling.objects.create(conversation=conversation, label=label)
    note = Note.objects.create(conversation=conversation, member=person, text=f"Note {word}", created_at=MONDAY)
    Mention.objects.create(note=note, member=other)
    Draft.objects.create(
        conversation=conversation, member=person, kind="reply", text=f"Draft {word}", updated_at=MONDAY
    )
    Presence.objects.create(conversation=conversation, member=person, seen_at=MONDAY, is_typing=True)
    ItemVersion.objects.create(item=item, until=MONDAY, title=f"Old {word}", body=f"Old words of {word}")
    own_view = SavedView.objects.create(member=person, name=f"My {word}", query="is:held", created_at=MONDAY)
    shared_view = SavedView.objects.create(
        department=department, name=f"Our {word}", query=f'label:"Label {word}"', created_at=MONDAY
    )
    invitation = Link.objects.create(
        purpose=LinkPurpose.INVITATION, token_hash=hashlib.sha256(word.encode()).hexdigest(), created_at=MONDAY,
        email=f"new.{word.lower()}@example.org", department=department, role=Role.ANALYST, created_by=colleague,
        expires_at=MONDAY + timedelta(days=5),
    )  # fmt: skip
    effect = Effect.objects.create(
        item=published, channel=channel, department=department, can="approve", state=EffectState.NEEDS_PERSON,
        created_by=person, created_at=MONDAY, error={"code": "refused", "en": f"{word} refused", "fr": word},
    )  # fmt: skip
    batch = uuid4()
    Decision.objects.create(
        item=published, member=person, verdict=Verdict.REFUSE, reason=Reason.objects.first(), effect=effect,
        note=f"Why {word}", previous_status=Status.HELD, decided_at=MONDAY,
    )  # fmt: skip
    for subject, key in (("conversation", conversation.pk), ("item", item.pk), ("channel", channel.pk)):
        record(
            person, f"{subject}.note", subject=subject, subject_key=key, now=MONDAY, department_id=department.pk,
            facts={"name": word}, batch=batch,
        )  # fmt: skip
    Envelope.objects.create(
        channel=channel, endpoint=f"comments {word}", connector_version=1, packed_body=zlib.compress(word.encode()),
        size_bytes=9, hash=word, received_at=MONDAY, seen_at=MONDAY, state=EnvelopeState.UNPARSED,
        problems=[{"where": word, "detail": word}],
    )  # fmt: skip
    own_job = _job(person, "bulk", word, {"act": "done", "batch": str(batch), "filter": word, "department": None})
    channel_job = _job(person, "import", word, {"channel": channel.pk, "path": f"/{word}.csv"})
    query = SavedQuery.objects.create(
        department=department, owner=person, name=f"Query {word}", text=word, purpose=f"Purpose {word}",
        created_at=MONDAY, changed_at=MONDAY, match_count=1, last_match_at=MONDAY,
    )  # fmt: skip
    query.revision = QueryVersion.objects.create(
        query=query, member=person, at=MONDAY, name=query.name, text=word, state="on", note=f"Note {word}"
    ).pk
    query.save()
    Match.objects.create(query=query, item=published, hour=MONDAY, matched_at=MONDAY)
    HourCount.objects.create(query=query, hour=MONDAY, count=1)
    story = Story.objects.create(
        department=department, founder=published, signature=b"", first_at=MONDAY, last_at=MONDAY, item_count=2
    )
    for one in (item, published):
        Telling.objects.create(item=one, story=story, likeness=1)
    file, room, line, task, held = _in_crisis(department, person, other, published, word)
    return Part(
        department, person, other, channel, conversation, item, published, label, note, own_view, shared_view,
        invitation, effect, own_job, channel_job, batch, query, story, file, room, line, task, held,
        *_compared(department, person, query, published, word), *_ringing(department, person, other, query, word),
        *_publishing(department, person, other, word), *_in_calendar(department, person, word),
        *_ahead(department, person, word), *_in_library(department, person, word),
    )  # fmt: skip


def _in_library(department: Department, person: Member, word: str) -> tuple[Any, ...]:
    """Rows and files as they are after all the work: nothing is looked into here."""
    folder = create_folder(person, department, f"Folder {word}", now=MONDAY)
    asset = Asset.objects.create(
        department=department, folder=folder, title=f"Film {word}", kind="video", alt={"en": f"Seen {word}"},
        credit=f"By {word}", search_text=f" film {word.lower()} ", created_by=person, created_at=MONDAY,
        updated_at=MONDAY,
    )  # fmt: skip
    AssetTag.objects.create(asset=asset, name=f"Tag {word}", folded=f"tag {word.lower()}")
    facts = {"kind": "video", "mime": "video/mp4", "size_bytes": 9, "width": 64, "height": 48, "duration_s": 4.0}
    blob = keep_bytes(f"film {word}".encode(), mime="video/mp4", kind="video", facts=facts, now=MONDAY)
    version = AssetVersion.objects.create(
        asset=asset, number=1, blob=blob, uploaded_sha256=blob.sha256, name=f"{word}.mp4", member=person, at=MONDAY
    )
    order_previews(version, now=MONDAY)
    made = Rendition.objects.get(blob=blob)
    made.made = keep_bytes(f"small {word}".encode(), mime="image/jpeg", kind="image", facts={}, now=MONDAY)
    made.state, made.made_at = RenditionState.MADE, MONDAY
    made.save()
    right = add_right(asset, person, RightWish(kind="right", holder=f"Holder {word}", note=word), now=MONDAY)
    vtt = f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHeard {word}\n"
    caption = Caption.objects.create(
        version=version, language="en", number=1, vtt=vtt, member=person, at=MONDAY,
        blob=keep_bytes(vtt.encode(), mime="text/vtt", kind="captions", facts={}, now=MONDAY),
    )  # fmt: skip
    upload = Upload.objects.create(
        member=person, department=department, name=f"{word}.gif", size_bytes=len(_GIF), received_bytes=len(_GIF),
        created_at=MONDAY, expires_at=MONDAY + timedelta(days=2),
    )  # fmt: skip
    path_of(upload).write_bytes(_GIF)
    return folder, asset, version, made, right, caption, upload


_GIF = bytes.fromhex("47494638396101000100800000ff000000000021f90400000000002c00000000010001000002024401003b")


def _publishing(
    department: Department, person: Member, other: Member, word: str
) -> tuple[Post, PostComment, Post, Publication, ApprovalRequest, Publication]:
    can = ["publish", "edit", "withdraw"]
    channel = make_channel(department, name=f"Toots {word}", connector="mastodon", can=can)
    content = Content(text=f"Written {word}", warning=f"Warned {word}", thread=(f"More {word}",))
    post = create_post(person, department, now=MONDAY, title=f"Draft {word}", content=content, channels=[channel])
    comment = write_comment(post, person, f"Said {word}, @{other.name}", now=MONDAY)
    planned = create_post(
        person, department, now=MONDAY, title=f"Planned {word}", content=Content(text=f"Tomorrow {word}"),
        channels=[channel],
    )  # fmt: skip
    due_local = (MONDAY + timedelta(days=1)).replace(tzinfo=None)
    publications = plan(planned, person, due_local=due_local, zone="UTC", now=MONDAY).publications
    asked = _asked(department, person, channel, word)
    return post, comment, planned, publications[0], asked, _out(department, person, channel, word)


def _asked(department: Department, person: Member, channel: Any, word: str) -> ApprovalRequest:
    """By the rule of then; none stands now."""
    owner = Member.objects.get(is_owner=True)
    content = Content(text=f"To be approved {word}")
    post = create_post(person, department, now=MONDAY, title=f"Asked {word}", content=content, channels=[channel])
    set_rule(department, owner, "one", now=MONDAY)
    request = ask_approval(post, person, now=MONDAY, note=f"Please {word}")
    set_rule(department, owner, "none", now=MONDAY)
    assert request is not None
    make_guest_link(request, person, name=f"Guest {word}", email=f"guest@{word.lower()}.example.org", now=MONDAY)
    return request


def _out(department: Department, person: Member, channel: Any, word: str) -> Publication:
    content = Content(text=f"Is out {word}")
    post = create_post(person, department, now=MONDAY, title=f"Out {word}", content=content, channels=[channel])
    [row] = publish_now(post, person, now=MONDAY).publications
    remote = f"status:{word}"
    Effect.objects.filter(chain=row.key).update(state="done", next_try_at=None, result_remote_id=remote)
    Publication.objects.filter(pk=row.pk).update(
        state="done", done_at=MONDAY, remote_id=remote, url=f"https://{word}.example.org/1"
    )
    Post.objects.filter(pk=post.pk).update(state="out")
    row.refresh_from_db()
    watch([row], now=MONDAY)
    keep_numbers(row, {"likes": 7}, now=MONDAY)
    return row


def _in_calendar(department: Department, person: Member, word: str) -> tuple[CalendarEvent, CalendarFeed, CalendarLink]:
    day = MONDAY.replace(tzinfo=None)
    wish = EventWish(
        title=f"Event {word}", note=f"Noted {word}", starts=day, ends=day, zone="UTC", is_all_day=True,
        department=department,
    )  # fmt: skip
    event = add_event(person, wish, now=MONDAY)
    address = f"https://{word.lower()}.example.net/secret.ics"
    feed = add_feed(person, name=f"Calendar {word}", address=address, department=department, now=MONDAY)
    FeedEvent.objects.create(source=feed, title=f"Match {word}", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=2))
    return event, feed, make_link(person, department=department, now=MONDAY)[0]


def _ahead(department: Department, person: Member, word: str) -> tuple[Any, ...]:
    """A queue, a campaign, a pillar, a table, a repeat, and something to be said again."""
    campaign = save_campaign(
        department, person, name=f"Campaign {word}", goal=f"Goal {word}", utm={"campaign": word}, hashtags=[word],
        now=MONDAY,
    )  # fmt: skip
    pillar = save_pillar(department, person, name=f"Pillar {word}", wanted_percent=40, now=MONDAY)
    queue = save_queue(department, person, name=f"Queue {word}", zone="UTC", now=MONDAY)
    slot = add_slot(queue, person, weekday=3, time=time(6), now=MONDAY)
    add_slot(queue, person, weekday=5, time=time(6), now=MONDAY)
    channel = make_channel(department, name=f"Queued {word}", connector="mastodon", can=["publish"])
    queued, root, pattern = (
        create_post(
            person, department, now=MONDAY, title=f"{name} {word}", content=Content(text=f"{name} {word}"),
            channels=[channel],
        )
        for name in ("Queued", "Rested", "Pattern")
    )  # fmt: skip
    place_post(queued, person, campaign=campaign, pillar=pillar, labels=[f"Tag {word}"], now=MONDAY)
    queue_post(queued, queue, person, now=MONDAY)
    start_repeat(pattern, person, Rule(every="day", starts_on=MONDAY.date(), time=time(7), zone="UTC"), now=MONDAY)
    place_post(root, person, pillar=pillar, now=MONDAY)
    Post.objects.filter(pk=root.pk).update(state="out")
    evergreen = save_evergreen(
        department, person, name=f"Evergreen {word}", queue=queue, label=f"Tag {word}", now=MONDAY
    )
    again = copy_post(root, person, now=MONDAY, evergreen_of=root)
    reasons = {"last_said_at": MONDAY.isoformat(), "times": 1, "pool": 1, "week": 0, "most_per_week": 1}
    pick = EvergreenPick.objects.create(
        rule=evergreen, root=root, post=again, state="proposed", due_at=MONDAY, reasons=reasons, at=MONDAY
    )
    data = f"date,time,channels,text\n2027-01-01,9:00,Queued {word},Row {word}\n,,Nowhere {word},Other {word}"
    table = hand_in(data.encode(), department, person, name=f"{word}.csv", zone="UTC", now=MONDAY)
    entry = QueueEntry.objects.get(post=queued)
    return queue, slot, entry, campaign, pillar, table, evergreen, pick


def _compared(
    department: Department, person: Member, query: SavedQuery, item: Any, word: str
) -> tuple[Comparison, Annotation]:
    Match.objects.filter(query=query).update(
        department_key=department.pk, channel_key=item.channel_id, profile_key=item.profile_id
    )
    other = SavedQuery.objects.create(
        department=department, owner=person, name=f"Side {word}", text=word, created_at=MONDAY, changed_at=MONDAY
    )
    sides = [SideWish(query, f"Label {word}"), SideWish(other, "")]
    wish = ComparisonWish(name=f"Comparison {word}", department=department, sides=sides)
    return save_comparison(person, wish, now=MONDAY), add_annotation(
        person, f"Happened {word}", at=MONDAY, department=department, now=MONDAY
    )


def _ringing(
    department: Department, person: Member, other: Member, query: SavedQuery, word: str
) -> tuple[AlertRule, AlertEpisode, NoticeRoute]:
    route = add_route(
        person, kind="mail", address=f"desk@{word.lower()}.example.org", name=f"Way {word}", now=MONDAY,
        department=department, is_shared=True,
    )  # fmt: skip
    terms = Terms(kind="threshold", threshold=0)
    wish = RuleWish(
        terms=terms, members=[person], routes=[route], escalate_after_min=60, escalate_members=[person, other]
    )
    rule = add_rule(query, person, wish, now=MONDAY)
    hours = {"first_hour": MONDAY, "last_hour": MONDAY, "severity": 2, "kind": "threshold", "query": query}
    episode = AlertEpisode.objects.create(opened_at=MONDAY, last_at=MONDAY, **hours)
    AlertSign.objects.create(
        episode=episode, rule=rule, direction="more", farthest=1, expected={"threshold": 0, "per": "hour"},
        seen={"count": 1}, peak={"count": 1, "hour": MONDAY.isoformat()}, **hours,
    )  # fmt: skip
    return rule, episode, route


def _in_crisis(department: Department, person: Member, other: Member, item: Any, word: str) -> tuple[Any, ...]:
    file = open_file(
        person, FileWish(claim=f"Claim {word}", position=f"Position {word}", department=department), now=MONDAY
    )
    add_item(file, person, item, why=f"Why {word}", now=MONDAY)
    write_answer(file, person, f"Answer {word}", now=MONDAY)
    lead = Member.objects.get(is_owner=True)
    room = open_room(lead, name=f"Room {word}", why=f"Why {word}", departments=[department], now=MONDAY)
    approve_line(write_line(room, person, f"Said {word}", language="en", now=MONDAY), lead, now=MONDAY)
    line = write_line(room, person, f"Line {word}", language="en", now=MONDAY)
    task = add_task(room, person, f"Task {word}", to=other, now=MONDAY)
    write_entry(room, person, f"Entry {word}", now=MONDAY)
    be_in_room(room, other, now=MONDAY)
    may_leave(department.pk, kind="post", key=word, title=f"Post {word}", due_at=MONDAY, now=MONDAY)
    return file, room, line, task, HeldBack.objects.get(key=word)


def _job(person: Member, kind: str, word: str, params: dict[str, Any]) -> Job:
    error = {"code": "x", "en": f"Broke on {word}", "fr": word}
    return Job.objects.create(
        kind=kind, member_key=person.pk, params=params, state=JobState.RUNNING, created_at=MONDAY, error=error
    )


_SESSIONS = {"django_session", "usersessions_usersession"}


def digest() -> dict[str, str]:
    """One hash for each table, sessions left out: what two of them disagree about was changed between."""
    tables = [model._meta.db_table for model in apps.get_models() if model is not Session]
    tables = [table for table in tables if table not in _SESSIONS]
    found = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            rows_of = "SELECT '{0}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM \"{0}\" t"
            cursor.execute(" UNION ALL ".join(rows_of.format(table) for table in tables))
            return dict(cursor.fetchall())
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            rows = json.dumps(cursor.fetchall(), default=str)
            found[table] = hashlib.sha256(rows.encode()).hexdigest()
    return found

"""A house of two departments in which every screen has something to show, and a word that only Sport's rows bear."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

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
from parvis.publishing.models import Post, PostComment, Publication
from parvis.publishing.services import create_post, plan, write_comment
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
        *_publishing(department, person, other, word),
    )  # fmt: skip


def _publishing(
    department: Department, person: Member, other: Member, word: str
) -> tuple[Post, PostComment, Post, Publication]:
    channel = make_channel(department, name=f"Toots {word}", connector="mastodon", can=["publish"])
    content = Content(text=f"Written {word}", warning=f"Warned {word}", thread=(f"More {word}",))
    post = create_post(person, department, now=MONDAY, title=f"Draft {word}", content=content, channels=[channel])
    comment = write_comment(post, person, f"Said {word}, @{other.name}", now=MONDAY)
    planned = create_post(
        person, department, now=MONDAY, title=f"Planned {word}", content=Content(text=f"Tomorrow {word}"),
        channels=[channel],
    )  # fmt: skip
    due_local = (MONDAY + timedelta(days=1)).replace(tzinfo=None)
    publications = plan(planned, person, due_local=due_local, zone="UTC", now=MONDAY).publications
    return post, comment, planned, publications[0]


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

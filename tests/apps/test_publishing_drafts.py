"""Drafts: several people write at once, and nothing that anybody typed is lost."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.publishing import by_path, written

from parvis.core.errors import BadInput, DraftConflict, NotAllowed, TextTooLong
from parvis.core.post import Content, Medium, Poll
from parvis.jobs.models import LiveEvent
from parvis.orgs.models import AuditEntry
from parvis.publishing.content import content_for
from parvis.publishing.differing import diff_text
from parvis.publishing.merging import merge_fields, merge_text
from parvis.publishing.models import Post, PostMention, PostState, PostVersion, Variant
from parvis.publishing.queries import comments_of, post_for, posts_of, versions_of
from parvis.publishing.services import (
    cancel,
    create_post,
    diff_versions,
    mark_post_mentions_seen,
    resolve_comment,
    save_draft,
    unseen_post_mentions,
    write_comment,
)
from parvis.testing.clock import later
from parvis.testing.factories import make_channel

THREE = "First paragraph.\n\nSecond paragraph.\n\nThird paragraph."


@pytest.fixture
def channel(cast):
    return make_channel(cast.news)


@pytest.fixture
def post(cast, channel, now):
    return written(cast.camille, cast.news, [channel], now=now, text=THREE)


def save(post, member, text=None, *, base, now, content=None, **more):
    variants = more.pop(
        "variants", {one.channel_id: {"changes": one.changes, "is_on": one.is_on} for one in post.variants.all()}
    )
    content = content or msgspec.structs.replace(msgspec.convert(post.content, Content), text=text)
    return save_draft(post, member, base_version=base, content=content, variants=variants, now=now, **more)


def test_everything_that_can_be_said_comes_back_as_it_was_written(cast, channel, now):
    content = Content(
        text="Text", title="Title", link="https://example.org/", language="fr-CH", warning="Careful",
        media=(Medium(path="assets/a.png", name="a.png", mime="image/png", size_bytes=3, alt="A", focus=(0.5, 0.2)),),
        thread=("two", "three"), comment="First", poll=Poll(choices=("yes", "no")), options={"visibility": "public"},
    )  # fmt: skip
    bare = msgspec.structs.replace(content, media=())
    post = by_path(create_post(cast.camille, cast.news, now=now, content=bare, channels=[channel]), content.media)
    post.refresh_from_db()
    assert content_for(post, post.variants.get()) == content
    assert post.language == "fr-CH"


def test_variant_says_differently_only_what_differs(cast, channel, post, now):
    other = make_channel(cast.news)
    variants = {channel.pk: {"changes": {"text": "Short"}}, other.pk: {"changes": {}}}
    save(post, cast.camille, THREE, base=1, now=now, variants=variants)
    said = {one.channel_id: content_for(post, one).text for one in post.variants.all()}
    assert said == {channel.pk: "Short", other.pk: THREE}


def test_channel_that_is_left_out_is_off_and_keeps_what_was_written_for_it(cast, channel, post, now):
    save(post, cast.camille, THREE, base=1, now=now, variants={channel.pk: {"changes": {"text": "Short"}}})
    save(post, cast.camille, THREE, base=2, now=now, variants={})
    assert post.variants.values_list("is_on", "changes").get() == (False, {"text": "Short"})


def test_two_who_write_in_different_paragraphs_both_stay(cast, post, now):
    save(post, cast.camille, THREE.replace("First", "Premier"), base=1, now=now)
    saved = save(post, cast.maud, THREE.replace("Third", "Last"), base=1, now=later(now, seconds=5))
    assert saved.is_merged and saved.version == post.version
    assert Post.objects.get().content["text"] == "Premier paragraph.\n\nSecond paragraph.\n\nLast paragraph."


def test_writer_who_typed_on_during_the_merge_goes_on_from_their_own_text(cast, post, now):
    save(post, cast.camille, THREE.replace("First", "Premier"), base=1, now=now)
    mine = THREE.replace("Third", "Last")
    saved = save(post, cast.maud, mine, base=1, now=later(now, seconds=5))
    on = mine.replace("Last paragraph.", "Last paragraph of all.")
    save(post, cast.maud, on, base=saved.own_version, now=later(now, seconds=9))
    assert Post.objects.get().content["text"] == "Premier paragraph.\n\nSecond paragraph.\n\nLast paragraph of all."


def test_same_paragraph_is_left_to_people_and_both_texts_are_kept(cast, post, now):
    save(post, cast.camille, THREE.replace("Second", "Deuxième"), base=1, now=now)
    mine = THREE.replace("Second", "Zweiter")
    with pytest.raises(DraftConflict) as raised:
        save(post, cast.maud, mine, base=1, now=later(now, seconds=5))
    assert raised.value.theirs == {"text": THREE.replace("Second", "Deuxième")}
    assert "Camille" in raised.value.text.en
    assert Post.objects.get().content["text"] == THREE.replace("Second", "Deuxième")
    kept = PostVersion.objects.get(number=raised.value.kept_version)
    assert (kept.content["text"], kept.member, kept.is_aside) == (mine, cast.maud, True)
    solved = THREE.replace("Second", "Deuxième, zweiter")
    assert save(post, cast.maud, solved, base=raised.value.version, now=later(now, seconds=20)).is_changed
    assert Post.objects.get().content["text"] == solved


def test_variants_of_one_channel_merge_like_the_common_text(cast, channel, post, now):
    start = {channel.pk: {"changes": {"text": "one\ntwo\nthree"}}}
    save(post, cast.camille, THREE, base=1, now=now, variants=start)
    save(post, cast.camille, THREE, base=2, now=now, variants={channel.pk: {"changes": {"text": "ONE\ntwo\nthree"}}})
    mine = {channel.pk: {"changes": {"text": "one\ntwo\nTHREE", "warning": "Careful"}}}
    save(post, cast.maud, THREE, base=2, now=now, variants=mine)
    assert Variant.objects.get().changes == {"text": "ONE\ntwo\nTHREE", "warning": "Careful"}


def test_what_posts_came_to_have_since_is_nobodys_change(cast, channel, now):
    """A post that was written when pictures had no captions is not changed by being opened and kept."""
    picture = Medium(path="a.png", name="a.png", mime="image/png", size_bytes=1, alt="A cat")
    post = by_path(
        create_post(cast.camille, cast.news, now=now, content=Content(text="x"), channels=[channel]), [picture]
    )
    old = {name: value for name, value in post.content["media"][0].items() if name != "caption"}
    post.content = {**post.content, "media": [old]}
    post.save(update_fields=["content"])
    post.versions.update(content=post.content)
    content = Content(text="x", media=(picture,))
    assert content_for(post, post.variants.get()) == content
    saved = save(post, cast.camille, base=1, now=now, content=content, variants={channel.pk: {}})
    assert (saved.is_changed, saved.version) == (False, 1)


def test_texts_beside_pictures_merge_picture_by_picture(cast, channel, now):
    def media(*alts):
        return tuple(
            Medium(path=f"{i}.png", name=f"{i}.png", mime="image/png", size_bytes=1, alt=alt)
            for i, alt in enumerate(alts)
        )

    post = by_path(create_post(cast.camille, cast.news, now=now, content=Content(text="x")), media("", ""))
    save(post, cast.camille, base=1, now=now, content=Content(text="x", media=media("A cat", "")))
    save(post, cast.maud, base=1, now=now, content=Content(text="x", media=media("", "A dog")))
    assert [one["alt"] for one in Post.objects.get().content["media"]] == ["A cat", "A dog"]


def test_saves_of_one_writer_within_ten_minutes_are_one_version(cast, post, now):
    for minute in range(1, 10):
        save(post, cast.camille, f"{THREE} {minute}", base=post.version, now=later(now, minutes=minute))
    assert [version.content["text"] for version in versions_of(post)] == [f"{THREE} 9"]
    save(post, cast.camille, "later", base=post.version, now=later(now, minutes=11))
    save(post, cast.maud, "other", base=post.version, now=later(now, minutes=12))
    assert [version.content["text"] for version in versions_of(post)] == ["other", "later", f"{THREE} 9"]
    assert AuditEntry.objects.filter(action="post.save").count() == 2


def test_who_began_from_an_amended_version_still_merges_from_it(cast, post, now):
    save(post, cast.camille, THREE.replace("First", "1st"), base=1, now=now)
    save(post, cast.camille, THREE.replace("First", "1st").replace("Third", "3rd"), base=2, now=now)
    save(post, cast.maud, THREE.replace("First", "1st").replace("Second", "2nd"), base=2, now=now)
    assert Post.objects.get().content["text"] == "1st paragraph.\n\n2nd paragraph.\n\n3rd paragraph."


def test_saving_what_is_there_already_makes_no_version(cast, post, now):
    assert not save(post, cast.maud, THREE, base=1, now=now).is_changed
    assert PostVersion.objects.count() == 1


def test_diff_tells_in_words_what_changed(cast, channel, post, now):
    variants = {channel.pk: {"changes": {"text": "Short"}}}
    save(post, cast.maud, THREE.replace("Second", "Another"), base=1, now=now, variants=variants, title="New")
    old, new = PostVersion.objects.order_by("number")
    found = {(one.field, one.channel_id): one.pieces for one in diff_versions(old, new)}
    assert set(found) == {("working_title", None), ("text", None), ("text", channel.pk)}
    changed = [(piece.kind, piece.text) for piece in found["text", None] if piece.kind != "kept"]
    assert changed == [("removed", "Second"), ("added", "Another")]


def test_who_may_not_draft_can_neither_make_nor_change_a_post(cast, channel, post, now):
    for member in (cast.anna, cast.sam, cast.arthur):
        with pytest.raises(NotAllowed):
            create_post(member, cast.news, now=now)
        with pytest.raises(NotAllowed):
            save(post, member, "x", base=1, now=now)
    save(post, cast.conrad, "by a contributor", base=1, now=now)


def test_channel_that_the_writer_does_not_see_cannot_be_chosen(cast, post, now):
    elsewhere = make_channel(cast.sport)
    with pytest.raises(NotAllowed):
        save(post, cast.camille, "x", base=1, now=now, variants={elsewhere.pk: {"changes": {}}})


@pytest.mark.parametrize("changes", [{"nonsense": 1}, {"text": 5}, {"media": "x"}])
def test_variant_that_says_nothing_possible_is_refused(changes, cast, channel, post, now):
    with pytest.raises(BadInput):
        save(post, cast.camille, "x", base=1, now=now, variants={channel.pk: {"changes": changes}})
    assert post.variants.get().changes == {}


def test_endless_text_and_nul_are_not_kept(cast, post, now):
    with pytest.raises(TextTooLong):
        save(post, cast.camille, "x" * 100_001, base=1, now=now)
    save(post, cast.camille, "a\0b", base=1, now=now)
    assert Post.objects.get().content["text"] == "ab"


def test_cancelled_post_is_not_written_on(cast, post, now):
    cancel(post, cast.camille, now=now)
    assert post.state == PostState.CANCELLED
    with pytest.raises(BadInput):
        save(post, cast.camille, "x", base=1, now=now)


def test_posts_are_seen_only_where_their_department_is(cast, post, now):
    assert posts_of(cast.camille) == [post] and posts_of(cast.sam) == []
    assert post_for(cast.anna, post.pk) == post and post_for(cast.sam, post.pk) is None
    for model in (Variant, PostVersion):
        assert model.objects.visible_to(cast.camille).exists() and not model.objects.visible_to(cast.sam).exists()


def test_comment_names_colleagues_who_may_see_the_post(cast, post, now):
    comment = write_comment(post, cast.camille, "@Maud and @Sam, is this right?", now=now)
    assert [one.member for one in PostMention.objects.all()] == [cast.maud]
    assert [one.comment for one in unseen_post_mentions(cast.maud)] == [comment]
    assert LiveEvent.objects.filter(kind="note", member_key=cast.maud.pk).count() == 1
    assert mark_post_mentions_seen(post, cast.maud, now=now) == 1 and not unseen_post_mentions(cast.maud)
    resolve_comment(comment, cast.maud, now=now)
    assert comments_of(post).get().resolved_by == cast.maud
    assert not PostMention.objects.visible_to(cast.sam).exists()


WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=0, max_size=3).map(" ".join)
PARAGRAPHS = st.lists(WORDS, min_size=0, max_size=6)


@st.composite
def edited(draw, base):
    """The base with paragraphs taken out, changed and put in; what is new is in words that are nowhere else."""
    side = draw(st.sampled_from(["mine", "theirs"]))
    found = []
    for number, paragraph in enumerate(base):
        action = draw(st.sampled_from(["keep", "keep", "keep", "drop", "change", "before"]))
        new = f"{side}{draw(st.integers(0, 999))}x{number}"
        if action == "before":
            found.append(new)
        if action in ("keep", "before"):
            found.append(paragraph)
        elif action == "change":
            found.append(f"{paragraph} {new}")
    return "\n".join(found)


@st.composite
def three_sides(draw):
    base = draw(PARAGRAPHS)
    return "\n".join(base), draw(edited(base)), draw(edited(base))


@given(three_sides())
def test_merge_never_loses_a_word_that_either_has_typed(sides):
    base, theirs, mine = sides
    merged = merge_text(base, theirs, mine)
    if merged is None:
        return
    words, was = set(merged.split()), set(base.split())
    assert set(theirs.split()) - was <= words
    assert set(mine.split()) - was <= words
    often = {word for word in was if sum(word in one.split() for one in base.split("\n")) > 1}
    assert (set(theirs.split()) & set(mine.split())) - often <= words, "what both kept is kept"


@given(three_sides())
def test_merge_with_one_side_unchanged_is_the_other_side(sides):
    base, theirs, _mine = sides
    assert merge_text(base, theirs, base) == theirs
    assert merge_text(base, base, theirs) == theirs
    assert merge_text(base, theirs, theirs) == theirs


@given(three_sides())
def test_whether_two_texts_can_be_merged_does_not_depend_on_who_was_first(sides):
    base, theirs, mine = sides
    one, other = merge_text(base, theirs, mine), merge_text(base, mine, theirs)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert sorted(one.split()) == sorted(other.split())


@given(st.text(), st.text())
def test_diff_put_together_is_both_texts(before, after):
    pieces = diff_text(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_fields_that_one_side_took_away_stay_away():
    found = merge_fields({"text": "a", "warning": "w"}, {"text": "a", "warning": "w"}, {"text": "a"})
    assert found.values == {"text": "a"} and found.conflicts == ()
    assert merge_fields({"link": "a"}, {"link": "b"}, {"link": "c"}).conflicts == ("link",)

"""Stories: are near-duplicates found, does nothing unrelated gather, how fast, and how much room does it take."""

import argparse
import gc
import time
import tracemalloc
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher

from parvis.core.text.normalise import words_of
from parvis.core.text.stories import SAME_FROM, StoryIndex, likeness, signature_of
from parvis.testing.bench.stories import peers
from parvis.testing.bench.stories.material import PAIRS, Post, pairs, posts, sources

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PRECISION_WANTED = 0.99
RELATED_FROM = 0.5
LETTERS_A_RUN = 5
Row = dict[str, object]
Scored = tuple[float, bool]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--posts", type=int, default=100_000, metavar="N", help="posts in the run")
    parser.add_argument(
        "--slice", type=int, default=20_000, metavar="N", help="of these, how many also go to the peers"
    )


def run(args: argparse.Namespace) -> Iterator[Row]:
    data = "real posts of ../shared/data" if PAIRS.exists() else "made posts: ../shared/data is not here"
    yield from _quality({"data": data})
    texts = sources()
    stream = list(posts(texts, args.posts))
    of: Row = {"data": data, "posts": len(stream), "sources": len(texts)}
    placed, items_per_s = _placed(stream)
    yield _row("stories.items_per_s", round(items_per_s), "items/s/core", of)
    yield from _gathering(texts, stream, placed, of)
    yield _bytes_per_item(texts, of)
    yield from _against_peers(stream[: args.slice], of)


def _quality(of: Row) -> Iterator[Row]:
    """Of the given pairs, and of two halves of them by source: a rule made to fit would do better on one of them."""
    halves: dict[str, list[Scored]] = {"one": [], "other": []}
    for a, b, is_same, source in pairs():
        half = "other" if zlib.crc32(source.encode()) % 2 else "one"
        halves[half].append((likeness(signature_of(a), signature_of(b)), is_same))
    every = halves["one"] + halves["other"]
    precision, recall, f1 = _figures(every)
    f1s = {f"f1_{half}_half": round(_figures(scored)[2], 4) for half, scored in halves.items()}
    yield _row("stories.f1", round(f1, 4), "", {**of, "pairs": len(every), **f1s})
    yield _row("stories.precision", round(precision, 4), "", {**of, "likeness_from": SAME_FROM})
    best = recall_at(every, PRECISION_WANTED)
    yield _row(
        "stories.recall", round(recall, 4), "", {**of, f"recall_at_precision_{PRECISION_WANTED}": round(best, 4)}
    )


def _figures(scored: Sequence[Scored]) -> tuple[float, float, float]:
    """Precision, recall and F1 at the threshold that Parvis uses."""
    called = [is_same for nearness, is_same in scored if nearness >= SAME_FROM]
    right, real = sum(called), sum(is_same for _, is_same in scored)
    return right / len(called), right / real, 2 * right / (len(called) + real)


def recall_at(scored: Sequence[Scored], precision: float) -> float:
    """The best recall of any threshold that keeps the precision."""
    best = right = 0
    ranked = sorted(scored, reverse=True)
    for place, (nearness, is_same) in enumerate(ranked, 1):
        right += is_same
        is_last_of_its_kind = place == len(ranked) or ranked[place][0] < nearness
        if is_last_of_its_kind and right / place >= precision:
            best = right
    return best / sum(is_same for _, is_same in scored)


def _placed(stream: Sequence[Post]) -> tuple[list[int], float]:
    """The story of each post, and posts/s of CPU time."""
    index: StoryIndex[int] = StoryIndex()
    times = [NOW + timedelta(seconds=number) for number in range(len(stream))]
    began = time.process_time()
    placed = [
        index.place(key, post.text, at=at).story for key, (post, at) in enumerate(zip(stream, times, strict=True))
    ]
    return placed, len(stream) / (time.process_time() - began)


def _gathering(texts: Sequence[str], stream: Sequence[Post], placed: Sequence[int], of: Row) -> Iterator[Row]:
    """Chains: stories with a source that is unlike the founder's by another measure (words in order, not letters)."""
    members: dict[int, Counter[int]] = defaultdict(Counter)
    stories: dict[int, Counter[int]] = defaultdict(Counter)
    for post, story in zip(stream, placed, strict=True):
        members[story][post.source] += 1
        stories[post.source][story] += 1
    mixed = {story: counts for story, counts in members.items() if len(counts) > 1}
    unrelated = [
        (story, texts[stream[story].source], texts[other])
        for story, counts in mixed.items()
        for other in counts
        if not are_related(texts[stream[story].source], texts[other])
    ]
    gathered = sum(counts.most_common(1)[0][1] for counts in stories.values()) / len(stream)
    chains = len({story for story, _, _ in unrelated})
    facts: Row = {
        "stories": len(members),
        "stories_of_several_sources": len(mixed),
        "share_in_their_sources_largest_story": round(gathered, 4),
        "unlike": [pair for _, *pair in unrelated[:5]],
    }
    yield _row("stories.chains", chains, "stories", {**of, **facts})


def are_related(a: str, b: str) -> bool:
    """Half of the shorter one stands in the longer one in the same order: of its words, or of runs of its letters."""
    words, others = words_of(a), words_of(b)
    if a == b or _shared(words, others, least_run=1) >= RELATED_FROM:
        return True
    return _shared("".join(words), "".join(others), least_run=LETTERS_A_RUN) >= RELATED_FROM


def _shared(one: Sequence[str], other: Sequence[str], *, least_run: int) -> float:
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= least_run) / min(len(one), len(other))


def _bytes_per_item(texts: Sequence[str], of: Row) -> Row:
    """Of an index of nothing but new stories, which is the worst case: who joins one takes no room at all."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    index: StoryIndex[int] = StoryIndex()
    for key, text in enumerate(texts):
        index.place(key, text, at=NOW + timedelta(seconds=key))
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return _row(
        "stories.bytes_per_item", round((after - before) / len(index)), "bytes", {**of, "stories_held": len(index)}
    )


def _against_peers(stream: Sequence[Post], of: Row) -> Iterator[Row]:
    """In turn, slice by slice, on the same posts; the peers get the same letters in pieces of four."""
    found = peers.installed()
    if not found:
        return
    cpu_s: dict[str, float] = defaultdict(float)
    indexes = {name: make() for name, make in found.items()}
    own: StoryIndex[int] = StoryIndex()
    step = max(1, len(stream) // 10)
    for start in range(0, len(stream), step):
        part = list(enumerate(stream[start : start + step], start))
        for name, place in [("parvis", None), *indexes.items()]:
            began = time.process_time()
            for key, post in part:
                if place is None:
                    own.place(key, post.text, at=NOW)
                else:
                    place(key, post.text)
            cpu_s[name] += time.process_time() - began
    rates = {name: round(len(stream) / spent) for name, spent in cpu_s.items()}
    quality = {name: round(recall_at(list(peers.scored(name)), PRECISION_WANTED), 4) for name in found}
    facts: Row = {"items_per_s": rates, f"recall_at_precision_{PRECISION_WANTED}": quality}
    best_rate = max(rates[name] for name in found)
    yield _row(
        "stories.best_peer_ratio", round(rates["parvis"] / best_rate, 2), "", {**of, "posts": len(stream), **facts}
    )


def _row(figure: str, value: float, unit: str, of: Row) -> Row:
    return {"figure": figure, "value": value, "unit": unit, "of": of}

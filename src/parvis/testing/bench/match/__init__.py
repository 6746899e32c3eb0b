"""Documents a second against 100 to 100,000 saved queries; other engines beside it, in the same run."""

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

from parvis.core.matching import Frequencies, Matcher, prepare
from parvis.core.query.document import Document
from parvis.core.query.naive import Evaluation
from parvis.core.query.tree import Query
from parvis.testing.bench.match.documents import FIRST_DAY, make_documents
from parvis.testing.bench.match.indexes import BATCH, Fts5, Tantivy
from parvis.testing.bench.match.peers import Loop, Mokaccino, Peer, rate_of
from parvis.testing.bench.match.postgresql import PostgreSQL
from parvis.testing.bench.match.queries import make_queries
from parvis.testing.bench.match.vocabulary import Vocabulary, make_vocabulary

SIZES = (100, 1_000, 10_000, 100_000)
NOW = FIRST_DAY + timedelta(days=21)
SEED = 20_261_122
LEARNT = 1_500
"""Documents, other than those measured, from which word frequencies were learnt before: as on a desk that runs."""
ROUNDS = 5
CHUNK = 1_000
MANY_CHECKED = 1_000
PEERS: tuple[Callable[..., Peer], ...] = (Loop, Mokaccino, Fts5, Tantivy, PostgreSQL)
Row = dict[str, object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queries", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--docs", type=int, default=BATCH, metavar="N")
    parser.add_argument("--seconds", type=float, default=2.0, help="of CPU time for each peer and size, and each check")
    parser.add_argument("--alone", action="store_true", help="without the peers")


@dataclass(frozen=True, slots=True)
class Load:
    vocabulary: Vocabulary
    documents: Sequence[Document]
    frequencies: Frequencies


def run(args: argparse.Namespace) -> Iterator[Row]:
    vocabulary = make_vocabulary(SEED)
    frequencies = Frequencies()
    for document in make_documents(vocabulary, LEARNT, seed=SEED + 1):
        frequencies.learn(prepare(document, now=NOW, zone=FIRST_DAY.tzinfo).vocabulary)  # type: ignore[arg-type]
    load = Load(vocabulary, list(make_documents(vocabulary, args.docs, seed=SEED + 2)), frequencies)
    for count in args.queries:
        yield from _size(count, load, seconds=args.seconds, peers=() if args.alone else PEERS)


def _size(count: int, load: Load, *, seconds: float, peers: Sequence[Callable[..., Peer]]) -> Iterator[Row]:
    name = f"q{count}"
    gc.collect()
    before_mb = _memory_mb()
    matcher, build_s = _built(count, load)
    gc.collect()
    of: Row = {"documents": len(load.documents), "words": 215, "frequencies_learnt_from": LEARNT}
    yield _row(f"match.build_s.{name}", build_s, "s", of)
    yield _row(f"match.mb.{name}", _memory_mb() - before_mb, "MB", {})
    queries = list(make_queries(load.vocabulary, count, seed=SEED + 3))
    rates = [_rate(matcher, load.documents)]
    peer_rates: dict[str, float] = {}
    for make in peers:
        rate, more = _peer_rate(make, queries, load.documents, seconds)
        if rate is not None:
            peer_rates[str(more["peer"])] = rate
        yield _row(f"match.peer_docs_per_s.{name}", rate, "docs/s/core", more)
        rates.append(_rate(matcher, load.documents))
    while len(rates) < ROUNDS:
        rates.append(_rate(matcher, load.documents))
    found = [matcher.match(document, now=NOW) for document in load.documents]
    matches = sum(map(len, found)) / len(found)
    yield _row(
        f"match.docs_per_s.{name}",
        median(rates),
        "docs/s/core",
        {**of, "matches_a_document": round(matches, 3), "rounds": [round(rate) for rate in rates]},
    )
    if peer_rates:
        best = max(peer_rates, key=lambda peer: peer_rates[peer])
        yield _row(f"match.best_peer_ratio.{name}", median(rates) / peer_rates[best], "times", {"peer": best})
    yield _row(f"match.p95_ms.{name}", _p95_ms(matcher, load.documents), "ms", {})
    wrong, pairs = _disagreements(queries, load.documents, found, most_s=2 * seconds)
    yield _row(f"match.disagreements.{name}", wrong, "pairs", pairs)


def _built(count: int, load: Load) -> tuple[Matcher[int], float]:
    """Queries are made and left behind by the thousand, so that what is measured is the matcher's own."""
    matcher = Matcher[int](frequencies=load.frequencies)
    made = enumerate(make_queries(load.vocabulary, count, seed=SEED + 3))
    spent = 0.0
    while chunk := list(islice(made, CHUNK)):
        began = time.process_time()
        matcher.add_many(chunk)
        spent += time.process_time() - began
    began = time.process_time()
    matcher.settle()
    return matcher, spent + time.process_time() - began


def _rate(matcher: Matcher[int], documents: Sequence[Document]) -> float:
    began = time.process_time()
    for document in documents:
        matcher.match(document, now=NOW)
    return len(documents) / (time.process_time() - began)


def _peer_rate(
    make: Callable[..., Peer], queries: Sequence[Query], documents: Sequence[Document], seconds: float
) -> tuple[float | None, Row]:
    name = make.__name__.lower()
    try:
        peer = make(queries, now=NOW)
    except ImportError as error:
        return None, {"peer": name, "why_not": str(error)}
    rate = rate_of(peer, documents, most_s=seconds)
    return rate, {"peer": name, "batch": peer.batch, "not_translated": peer.lost}


def _p95_ms(matcher: Matcher[int], documents: Sequence[Document]) -> float:
    times = []
    for document in documents:
        began = time.process_time_ns()
        matcher.match(document, now=NOW)
        times.append(time.process_time_ns() - began)
    return quantiles(times, n=20)[-1] / 1e6


def _disagreements(
    queries: Sequence[Query], documents: Sequence[Document], found: Sequence[Sequence[int]], *, most_s: float
) -> tuple[int, Row]:
    """Of every document some that were found and as many others; then, while time allows, many of one after another.

    The naive evaluator takes the better part of a millisecond for one pair: all of them would take days.
    """
    chance = random.Random(SEED)
    everything = range(len(queries))
    wrong = pairs = more = 0
    for document, keys in zip(documents, found, strict=True):
        asked = {*keys[:2], *chance.sample(everything, 2)}
        wrong += _wrong(asked, queries, document, keys)
        pairs += len(asked)
    began = time.process_time()
    for document, keys in zip(documents, found, strict=True):
        if time.process_time() - began > most_s:
            break
        asked = {*keys, *chance.sample(everything, min(len(everything), MANY_CHECKED))}
        wrong += _wrong(asked, queries, document, keys)
        pairs += len(asked)
        more += 1
    return wrong, {"pairs": pairs, "documents": len(documents), "documents_with_many_queries": more}


def _wrong(asked: Iterable[int], queries: Sequence[Query], document: Document, keys: Sequence[int]) -> int:
    evaluation = Evaluation(document, NOW, FIRST_DAY.tzinfo)  # type: ignore[arg-type]
    there = set(keys)
    return sum(evaluation.holds(root) != (key in there) for key in asked if (root := queries[key].root))


def _row(figure: str, value: float | None, unit: str, of: Row) -> Row:
    return {"figure": figure, "value": value if value is None else float(f"{value:.4g}"), "unit": unit, "of": of}


def _memory_mb() -> float:
    """Resident memory that is this process's own."""
    with suppress(OSError):
        for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0 if sys.platform == "linux" else float("nan")

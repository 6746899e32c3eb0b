"""Site watch: are injected pages and links found, are untouched pages left alone, and how fast."""

import argparse
import csv
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parvis.core.integrity import Page, inspect

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "html_seo"
URL = "https://www.example.org/"
"""Of no page in the data: what is a page's own has to be seen from the page."""
ROUNDS = 3
LARGE_BYTES = 5_000_000
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sample:
    """`injected` are the addresses that were put into the page, none where it is as its site made it."""

    name: str
    body: bytes
    injected: frozenset[str]


@dataclass(slots=True)
class Tally:
    injected_count: int = 0
    found_count: int = 0
    untouched_count: int = 0
    alarmed_count: int = 0
    right_links: int = 0
    wrong_links: int = 0
    missed_links: int = 0

    def add(self, sample: Sample) -> None:
        findings = inspect(Page.of_bytes(sample.body), url=URL)
        told = {finding.href for finding in findings if finding.href}
        if sample.injected:
            self.injected_count += 1
            self.found_count += bool(told & sample.injected)
        else:
            self.untouched_count += 1
            self.alarmed_count += bool(findings)
        self.right_links += len(told & sample.injected)
        self.wrong_links += len(told - sample.injected)
        self.missed_links += len(sample.injected - told)

    @property
    def precision(self) -> float:
        return self.right_links / max(1, self.right_links + self.wrong_links)

    @property
    def recall(self) -> float:
        return self.right_links / max(1, self.right_links + self.missed_links)

    @property
    def f1(self) -> float:
        return 2 * self.right_links / max(1, 2 * self.right_links + self.wrong_links + self.missed_links)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA,
        metavar="DIR",
        help="manifest.csv (file, label, injected_hrefs) and pages; or pages alone, which are taken for untouched",
    )


def run(args: argparse.Namespace) -> Iterator[Row]:
    halves: dict[str, list[Sample]] = {"developed": [], "held out": []}
    for sample in samples(args.data):
        halves[half_of(sample.name)].append(sample)
    every = [sample for half in halves.values() for sample in half]
    if not every:
        raise SystemExit(f"no pages in {args.data}")
    for name, chosen in [("all", every), *halves.items()]:
        tally = Tally()
        for sample in chosen:
            tally.add(sample)
        yield from _quality(tally, {"part": name, "pages": len(chosen)})
    yield from _speed(every)


def half_of(name: str) -> str:
    """By the checksum of `pages/NAME`: the rules were written with only one half in view."""
    return "held out" if zlib.crc32(name.encode()) % 2 else "developed"


def samples(directory: Path) -> Iterator[Sample]:
    manifest = directory / "manifest.csv"
    if not manifest.exists():
        for path in sorted(directory.rglob("*.htm*")):
            yield Sample(path.name, path.read_bytes(), frozenset())
        return
    with manifest.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            injected = frozenset(json.loads(row["injected_hrefs"])) if row["label"] == "1" else frozenset()
            yield Sample(row["file"], (directory / row["file"]).read_bytes(), injected)


def _quality(tally: Tally, of: Row) -> Iterator[Row]:
    yield _row("inspect.found", tally.found_count, "pages", {**of, "injected": tally.injected_count})
    yield _row("inspect.alarmed", tally.alarmed_count, "pages", {**of, "untouched": tally.untouched_count})
    links = {"right": tally.right_links, "wrong": tally.wrong_links, "missed": tally.missed_links}
    yield _row("inspect.precision", round(tally.precision, 4), "", of)
    yield _row("inspect.recall", round(tally.recall, 4), "", of)
    yield _row("inspect.f1", round(tally.f1, 4), "", {**of, "links": links})


def _speed(every: Sequence[Sample]) -> Iterator[Row]:
    """CPU time; the best of several rounds, as others use the machine too."""
    best_s = min(_seconds([sample.body for sample in every]) for _ in range(ROUNDS))
    mean_bytes = sum(len(sample.body) for sample in every) // len(every)
    yield _row("inspect.pages_per_s", round(len(every) / best_s, 1), "pages/s/core", {"mean_bytes": mean_bytes})
    large = b"<!doctype html><html lang=en><body>" + b"".join(_paragraph(number) for number in range(60_000))
    yield _row("inspect.large_s", round(_seconds([large[:LARGE_BYTES]]), 2), "s", {"bytes": LARGE_BYTES})


def _paragraph(number: int) -> bytes:
    return b'<p class="text">Some words and <a href="https://host%d.example.net/a">a source</a> beside.</p>\n' % (
        number % 900
    )


def _seconds(bodies: Sequence[bytes]) -> float:
    began = time.process_time()
    for body in bodies:
        inspect(Page.of_bytes(body), url=URL)
    return time.process_time() - began


def _row(figure: str, value: float, unit: str, of: Row) -> Row:
    return {"figure": figure, "value": value, "unit": unit, "of": of}

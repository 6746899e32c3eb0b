"""Learning: how well does it judge after 50, 200 and 1,000 decisions, beside a fresh linear model, and how surely."""

import argparse
import random
import statistics
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from parvis.cli.text.csv_rows import CsvRows
from parvis.core.text.classify.calibration import calibration_error
from parvis.core.text.classify.labels import positive_of
from parvis.core.text.classify.learner import Learner
from parvis.core.text.classify.manners import macro_f1
from parvis.core.text.classify.parts import Outcome, Verdict
from parvis.core.text.classify.prior import TASKS
from parvis.testing.bench.learn import fresh

POINTS = (50, 200, 1_000)
CALIBRATED_AT = (*POINTS, 500)
ORDERS = 5
MOST_JUDGED = 2_000
LEAST_JUDGED = 50
MOST_LABELS = 20
Row = dict[str, object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", required=True, metavar="FILE", help="with the columns text and label")
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--text-column", default="text", metavar="NAME")
    parser.add_argument("--label-column", default="label", metavar="NAME")
    parser.add_argument("--group-column", metavar="NAME", help="author or story: no group is on both sides")
    parser.add_argument("--orders", type=int, default=ORDERS, metavar="N", help="so many orders of the file")


def run(args: argparse.Namespace) -> Iterator[Row]:
    """In each order the first n rows are decided, and the rows after them are judged before anybody decides them."""
    texts, labels, groups = _read(args)
    of: Row = {"file": args.csv, "task": args.task, "rows": len(texts), "orders": args.orders}
    for count in sorted(CALIBRATED_AT):
        if len(texts) >= count + LEAST_JUDGED:
            yield from _after(count, texts, labels, groups, args=args, of=of)
        else:
            sys.stderr.write(f"{len(texts)} rows are too few to judge after {count} decisions.\n")


def _after(
    count: int, texts: Sequence[str], labels: Sequence[str], groups: Sequence[str], *, args: argparse.Namespace, of: Row
) -> Iterator[Row]:
    names = sorted(set(labels))
    own, errors, acted = list[float](), list[float](), list[bool]()
    others: dict[float, list[float]] = {strength: [] for strength in fresh.STRENGTHS}
    for seed in range(args.orders):
        first, after = _order(groups, count, seed)
        taught, judged = [texts[place] for place in first], [texts[place] for place in after]
        given, true = [labels[place] for place in first], np.array([names.index(labels[place]) for place in after])
        learner = Learner(args.task, names, positive=positive_of(names))
        learner.learn_many(taught, given, groups=[groups[place] for place in first])
        learner.refit()
        verdicts = learner.judge(judged)
        own.append(macro_f1(true, np.array([names.index(verdict.label) for verdict in verdicts])))
        errors.append(_calibration_error(verdicts, names, true))
        acted.extend(_acted(verdicts, [names[place] for place in true.tolist()], learner.positive))
        if count in POINTS:
            for strength, said in fresh.judged(taught, given, judged, names).items():
                others[strength].append(macro_f1(true, said))
    facts: Row = {**of, "decisions": count, "judged": len(after)}
    if count in POINTS:
        yield _row(f"learn.macro_f1.n{count}", statistics.mean(own), {**facts, **_spread(own)})
        means = {strength: statistics.mean(f1s) for strength, f1s in others.items()}
        best = max(means, key=lambda strength: means[strength])
        by_strength = {f"c{strength:g}": round(mean, 4) for strength, mean in means.items()}
        yield _row(f"learn.fresh_macro_f1.n{count}", means[best], {**facts, **by_strength, **_spread(others[best])})
    yield _row(f"learn.ece.n{count}", statistics.mean(errors), {**facts, **_spread(errors)})
    share = len(acted) / (len(after) * args.orders)
    if acted:
        yield _row(f"learn.acted_right.n{count}", statistics.mean(acted), {**facts, "acted_share": round(share, 4)})


def _calibration_error(
    verdicts: Sequence[Verdict], names: Sequence[str], true: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> float:
    shares = np.array([[verdict.shares[name] for name in names] for verdict in verdicts])
    return calibration_error(shares.max(axis=1), shares.argmax(axis=1) == true)


def _acted(verdicts: Sequence[Verdict], true: Sequence[str], positive: str) -> list[bool]:
    """Of what was decided alone, whether it was right."""
    return [
        (verdict.outcome is Outcome.HOLD) == (label == positive)
        for verdict, label in zip(verdicts, true, strict=True)
        if verdict.outcome is not Outcome.ASK
    ]


def _order(groups: Sequence[str], count: int, seed: int) -> tuple[list[int], list[int]]:
    """The places decided, and those judged after them that share no group with them."""
    places = list(range(len(groups)))
    random.Random(seed).shuffle(places)
    first = places[:count]
    known = {groups[place] for place in first} - {""}
    return first, [place for place in places[count:] if groups[place] not in known][:MOST_JUDGED]


def _read(args: argparse.Namespace) -> tuple[list[str], list[str], list[str]]:
    wanted = [args.text_column, args.label_column, *([args.group_column] if args.group_column else [])]
    texts, labels, groups = [], [], []
    with CsvRows(args.csv, wanted) as rows:
        for row in rows:
            text, label, *group = (row[place] for place in rows.places)
            if text.strip() and label.strip():
                texts.append(text)
                labels.append(label.strip())
                groups.append(group[0] if group else "")
    if not 2 <= len(set(labels)) <= MOST_LABELS:
        sys.exit(f"{args.csv} has {len(set(labels))} labels; from two to {MOST_LABELS} can be learned.")
    return texts, labels, groups


def _spread(values: Sequence[float]) -> Row:
    return {"lowest": round(min(values), 4), "highest": round(max(values), 4)}


def _row(figure: str, value: float, of: Row) -> Row:
    return {"figure": figure, "value": round(value, 4), "unit": "", "of": of}

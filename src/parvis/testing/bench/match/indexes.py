"""Peers that index a batch of documents and run every query over the index."""

import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parvis.core.query.document import Document
from parvis.core.query.tree import Query
from parvis.testing.bench.match.peers import Folded, folded_of
from parvis.testing.bench.match.translation import Translation

BATCH = 4_000
_VALUES = ("lang", "platform", "site", "hashtag")


class Fts5:
    name = "sqlite fts5"
    batch = BATCH

    def __init__(self, queries: Sequence[Query], *, now: datetime) -> None:
        translation = Translation[str](self)
        self._asked = [made for query in queries if (made := translation.of(query)) is not None]
        self.lost = {**translation.lost, "order of ONEAR": 1}

    def word(self, word: str) -> str:
        return f'{{title text}} : "{word}"'

    def phrase(self, words: Sequence[str]) -> str:
        return f'{{title text}} : "{" ".join(words)}"'

    def prefix(self, letters: str) -> str:
        return f'{{title text}} : "{letters}" *'

    def pattern(self, pattern: str) -> None:
        return None

    def near(self, left: str, right: str, distance: int) -> str:
        return f'{{title text}} : NEAR("{left}" "{right}", {distance - 1})'

    def value(self, name: str, value: str) -> str:
        return f'{name} : "{_flat(value)}"'

    def more_than(self, name: str, number: int) -> None:
        return None

    def all_of(self, parts: Sequence[str], unwanted: Sequence[str]) -> str:
        wanted = f"({' AND '.join(parts)})"
        return f"{wanted} NOT ({' OR '.join(unwanted)})" if unwanted else wanted

    def any_of(self, parts: Sequence[str]) -> str:
        return f"({' OR '.join(parts)})"

    def match(self, documents: Sequence[Document]) -> int:
        rows = sqlite3.connect(":memory:")
        rows.execute(f"create virtual table docs using fts5(title, text, {', '.join(_VALUES)}, detail=full)")
        rows.executemany("insert into docs values (?, ?, ?, ?, ?, ?)", (_row(folded_of(one)) for one in documents))
        found = 0
        for asked in self._asked:
            found += len(rows.execute("select rowid from docs where docs match ?", (asked,)).fetchall())
        rows.close()
        return found

    def cpu_s(self) -> float:
        return time.process_time()


def _row(folded: Folded) -> tuple[str, ...]:
    values = (" ".join(map(_flat, folded.values[name])) for name in _VALUES)
    return (" ".join(folded.title), " ".join(folded.text), *values)


def _flat(value: str) -> str:
    """One token for the tokenizer of every engine."""
    return value.replace(".", "").replace("_", "").replace("-", "")


class Tantivy:
    name = "tantivy"
    batch = BATCH

    def __init__(self, queries: Sequence[Query], *, now: datetime) -> None:
        import tantivy

        self._tantivy: Any = tantivy
        builder = tantivy.SchemaBuilder()
        for name in ("words", "title", *_VALUES):
            builder.add_text_field(name, tokenizer_name="whitespace")
        builder.add_unsigned_field("id", fast=True)
        builder.add_unsigned_field("followers", fast=True, indexed=True)
        self._schema = builder.build()
        translation = Translation[Any](self)
        self._asked = [made for query in queries if (made := translation.of(query)) is not None]
        self.lost = {**translation.lost, "NEAR as phrases with slop": 1}

    def word(self, word: str) -> Any:
        return self._tantivy.Query.term_query(self._schema, "words", word, "freq")

    def phrase(self, words: Sequence[str]) -> Any:
        return self._tantivy.Query.phrase_query(self._schema, "words", list(words))

    def prefix(self, letters: str) -> Any:
        return self._tantivy.Query.regex_query(self._schema, "words", f"{letters}.*")

    def pattern(self, pattern: str) -> Any:
        return self._tantivy.Query.regex_query(self._schema, "words", pattern.replace("*", ".*"))

    def near(self, left: str, right: str, distance: int) -> Any:
        either = [
            self._tantivy.Query.phrase_query(self._schema, "words", pair, slop=distance - 1)
            for pair in ([left, right], [right, left])
        ]
        return self.any_of(either)

    def value(self, name: str, value: str) -> Any:
        return self._tantivy.Query.term_query(self._schema, name, _flat(value), "freq")

    def more_than(self, name: str, number: int) -> Any:
        kind = self._tantivy.FieldType.Unsigned
        return self._tantivy.Query.range_query(self._schema, name, kind, lower_bound=number, include_lower=False)

    def all_of(self, parts: Sequence[Any], unwanted: Sequence[Any]) -> Any:
        occur = self._tantivy.Occur
        clauses = [(occur.Must, part) for part in parts] + [(occur.MustNot, part) for part in unwanted]
        return self._tantivy.Query.boolean_query(clauses) if len(clauses) > 1 else parts[0]

    def any_of(self, parts: Sequence[Any]) -> Any:
        should = self._tantivy.Occur.Should
        return self._tantivy.Query.boolean_query([(should, part) for part in parts]) if len(parts) > 1 else parts[0]

    def match(self, documents: Sequence[Document]) -> int:
        index = self._tantivy.Index(self._schema)
        writer = index.writer(heap_size=200_000_000, num_threads=1)
        for number, document in enumerate(documents):
            writer.add_document(self._of(folded_of(document), number))
        writer.commit()
        index.reload()
        searcher = index.searcher()
        return sum(len(searcher.search(asked, limit=BATCH, count=False).hits) for asked in self._asked)

    def _of(self, folded: Folded, number: int) -> Any:
        row = _row(folded)
        given = self._tantivy.Document(title=row[0])
        given.add_unsigned("id", number)
        given.add_unsigned("followers", folded.followers)
        given.add_text("words", row[0])
        given.add_text("words", row[1])
        for name, value in zip(_VALUES, row[2:], strict=True):
            given.add_text(name, value)
        return given

    def cpu_s(self) -> float:
        return time.process_time()

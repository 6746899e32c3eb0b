"""Server-sent events out of their lines, as https://html.spec.whatwg.org/#event-stream-interpretation has it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ServerEvent:
    name: str
    """ "message" where it bears none."""
    data: str
    id: str = ""


@dataclass(slots=True)
class EventReader:
    """Keeps what an event has told so far from one batch of lines to the next; comments are stepped over."""

    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str = ""

    def take(self, lines: Iterable[str]) -> Iterator[ServerEvent]:
        """The events that these lines complete."""
        for line in lines:
            if line:
                self._note(line)
                continue
            if self._data:
                yield ServerEvent(self._name or "message", "\n".join(self._data), self._id)
            self._name, self._data = "", []

    def _note(self, line: str) -> None:
        field_name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field_name:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value

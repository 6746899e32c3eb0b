"""What the house listens for: saved queries, what they found, and stories."""

from parvis.listening.models.alerts import (
    AlertEpisode,
    AlertKind,
    AlertRule,
    AlertSign,
    AlertWatch,
    AlertWay,
    EpisodeJudgement,
    Per,
    Severity,
)
from parvis.listening.models.crisis import (
    CrisisRoom,
    HoldingLine,
    LogEntry,
    LogKind,
    RoomPresence,
    RoomState,
    RoomTask,
)
from parvis.listening.models.files import (
    FILE_TRANSITIONS,
    Answer,
    Evidence,
    EvidenceKind,
    FileState,
    ReputationFile,
)
from parvis.listening.models.queries import HourCount, Match, QueryState, QueryVersion, SavedQuery
from parvis.listening.models.reputation import (
    Annotation,
    Comparison,
    DepartmentHour,
    Side,
    Span,
)
from parvis.listening.models.stories import Story, Telling

__all__ = [
    "FILE_TRANSITIONS",
    "AlertEpisode",
    "AlertKind",
    "AlertRule",
    "AlertSign",
    "AlertWatch",
    "AlertWay",
    "Annotation",
    "Answer",
    "Comparison",
    "CrisisRoom",
    "DepartmentHour",
    "EpisodeJudgement",
    "Evidence",
    "EvidenceKind",
    "FileState",
    "HoldingLine",
    "HourCount",
    "LogEntry",
    "LogKind",
    "Match",
    "Per",
    "QueryState",
    "QueryVersion",
    "ReputationFile",
    "RoomPresence",
    "RoomState",
    "RoomTask",
    "SavedQuery",
    "Severity",
    "Side",
    "Span",
    "Story",
    "Telling",
]

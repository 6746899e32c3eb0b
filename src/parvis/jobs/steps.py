"""The named steps at which a process may be killed by a test, to show that nothing is lost or doubled."""

import os
import signal

STEPS = (
    "intake.parsed",
    "intake.begun",
    "intake.after_envelopes",
    "intake.after_profiles",
    "intake.after_items",
    "intake.after_threads",
    "intake.before_commit",
    "intake.committed",
    "job.step",
    "route.taken",
    "route.routed",
    "route.marked",
    "alerts.learnt",
    "alerts.before_commit",
    "deliver.claimed",
    "deliver.attempt_written",
    "deliver.before_call",
    "deliver.after_call",
    "deliver.recording",
    "deliver.recorded",
    "deliver.before_finding",
    "deliver.after_finding",
    "publish.releasing",
    "publish.released",
    "publish.following",
)
"""Every name that `at` is called with."""

_FATAL = os.environ.get("PARVIS_DIE_AT", "")


def at(name: str) -> None:
    """Dies here, as by a power cut, where PARVIS_DIE_AT names the step."""
    if name == _FATAL:
        os.kill(os.getpid(), signal.SIGKILL)

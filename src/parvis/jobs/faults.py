"""A fault in one line of the log: its kind and place, never its values, which may hold a secret."""

import traceback


def one_line(error: BaseException) -> str:
    """`ValueError at parvis/channels/intake.py:88`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    own = [frame for frame in frames if "/parvis/" in frame.filename]
    frame = (own or frames)[-1]
    return f"{type(error).__name__} at {'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}"

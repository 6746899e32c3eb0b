"""Numbers that a browser sent: anybody can send anything in their place."""

MOST_DIGITS = 18
"""Fits any column; Python itself refuses to read more than some thousand."""


def asked_number(written: str) -> int | None:
    """An id or a count; None where it is none."""
    return int(written) if written.isdecimal() and len(written) <= MOST_DIGITS else None


def asked_numbers(written: list[str]) -> list[int]:
    """Those among them that are numbers."""
    return [number for number in map(asked_number, written) if number is not None]

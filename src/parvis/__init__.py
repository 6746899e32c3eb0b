"""Parvis: the open, self-hosted desk of community managers and of the houses that they speak for."""

__version__ = "0.1.0"

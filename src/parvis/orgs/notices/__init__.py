"""Telling people outside the desk: by which ways, what, and when; sent by the worker."""

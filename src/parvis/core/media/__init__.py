"""Pictures, films, sounds and captions: what a file is, what it must become, and the making of it. Pure; no clock."""

"""The worker: a handful of loops over rows that are due. Any number of them may run; any may be killed at any time."""

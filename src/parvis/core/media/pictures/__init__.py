"""The parts of which each kind of picture file is made: enough to measure it, and to leave parts out, undecoded."""

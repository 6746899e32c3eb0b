"""Figures: each bench is one file here with `run(args)`, which yields rows; see `__main__`."""

"""What an installation can set, and Django's settings made from it."""

"""What is done to written text before anything else looks at it."""

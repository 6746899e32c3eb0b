"""What a text is: spam, toxic, of which tone; from a shipped prior and from what the house itself decided."""

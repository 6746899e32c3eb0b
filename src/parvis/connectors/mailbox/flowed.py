"""Lines that a mail program has broken for the wire (format=flowed, RFC 3676), whole again."""


def unflowed(text: str, *, deletes_space: bool) -> str:
    """A line that ends with a space goes on in the next of the same depth of quotation."""
    lines: list[str] = []
    depth_before, is_open = 0, False
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        if is_open and depth == depth_before:
            lines[-1] += words
        else:
            lines.append(f"{'>' * depth} {words}" if depth else words)
        is_open = words.endswith(" ") and words != "-- "
        if is_open and deletes_space:
            lines[-1] = lines[-1][:-1]
        depth_before = depth
    return "\n".join(line.rstrip() for line in lines)

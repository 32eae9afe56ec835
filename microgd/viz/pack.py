"""A text made shorter for a page: what has been said before is said by a reference (Lempel and Ziv 1977).

A film says the same again and again: names, markup, sentences. `packed` replaces each repetition by "~" and
three characters, or "`" and four: how far back it began, and how long it is. player.js reads it. The result
has none of the characters that mean something to HTML. It uses nothing else of ours.
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-./:;=?@[]^_{|}"
"""The digits of a reference."""

PLAIN = dict(zip("<>&~`\n", "\ue100\ue101\ue102\ue103\ue104\ue105", strict=True))
"""What stands for characters that cannot stand for themselves. Names have no characters of this kind."""

SHORTEST = 6
"""A shorter repetition is not worth a reference."""

TRIES = 8
"""Of so many places with the same beginning the one that agrees longest is taken."""


def packed(text: str) -> str:
    """The text with references."""
    base, known = len(DIGITS), {}  # type: int, dict[str, list[int]]
    out: list[str] = []
    at = entered = 0
    while at < len(text):
        length = back = 0
        most = min(SHORTEST + base - 1, len(text) - at)
        for start in reversed(known.get(text[at : at + SHORTEST], ())):
            if length == most or (length and text[start + length] != text[at + length]):
                continue  # it agrees no longer than the best so far
            n = SHORTEST
            while n < most and text[start + n] == text[at + n]:
                n += 1
            if n > length:
                length, back = n, at - start
        if length and (back < base**2 or length > SHORTEST):
            places = 2 if back < base**2 else 3
            digits = [DIGITS[back // base**k % base] for k in reversed(range(places))]
            out.append("~`"[places - 2] + "".join(digits) + DIGITS[length - SHORTEST])
        else:
            length = 1
            out.append(PLAIN.get(text[at], text[at]))
        at += length
        while entered < min(at, len(text) - SHORTEST):
            found = known.setdefault(text[entered : entered + SHORTEST], [])
            found.append(entered)
            del found[:-TRIES]
            entered += 1
    return "".join(out)

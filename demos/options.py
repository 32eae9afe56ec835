"""What the demos' options may be: told before the work begins, and not after it."""

import argparse
from pathlib import Path


def count(text):
    """A whole number from 1 on."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1 on, and is {text}")
    return number


def file(*suffixes):
    """The name of a file that can be written: it ends in one of these, and its folder is there."""

    def check(text):
        path = Path(text)
        if path.suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(f"should end in {' or '.join(suffixes)}, and is {text}")
        if not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
        return text

    return check

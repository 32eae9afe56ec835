"""For the longer demos: --compile and --no-compile.

What is compiled gives the same numbers as the eager code, to the last bit. It only takes less time.
"""

import argparse
from importlib.util import find_spec


def add_option(parser):
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="train with the code that microgd.compile writes (if llvmlite is installed)",
    )


def chosen(option):
    """Whether to compile: as the option says, else if there is machine code. Says it in one line."""
    fast = find_spec("llvmlite") is not None
    if option is None and not fast:
        print('Eager training. Machine code would be many times faster: pip install "microgd[jit]"')
    elif option or option is None:
        code = "machine code" if fast else 'Python code; pip install "microgd[jit]" makes machine code'
        print(f"Training is compiled, to {code} (--no-compile: eager training)", flush=True)
    return fast if option is None else option

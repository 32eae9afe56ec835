"""Interrupts at every line of the package, to see that what they leave behind is whole."""

import os
import sys
from collections.abc import Callable
from typing import Any

import microgd

PACKAGE = os.path.dirname(microgd.__file__)


def interrupted(function: Callable[[], Any], at: int, opcodes: bool = False) -> bool:
    """Call it with a KeyboardInterrupt at the package's line, or operation, number `at`; was there one?"""
    seen = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes = opcodes
        if event == ("opcode" if opcodes else "line"):
            seen += 1
            if seen == at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    sys._getframe().f_trace_opcodes = opcodes  # Python 3.12 asks for it before the first trace
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False

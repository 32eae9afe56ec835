"""Answers to the exercise tanh that do harm, each with the keys that it may get."""

HEAD = "import math\n\n\ndef backward(x, out, g):\n    "

BODIES = {
    "exits": ("raise SystemExit(0)", "exits"),
    "calls sys.exit": ("import sys; sys.exit('bye')", "exits"),
    "calls quit": ("quit()", "raises exits"),
    "ends the process": ("import os; os._exit(3)", "crashed"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "crashed"),
    "loops": ("while True:\n        pass", "timeout"),
    "loops and catches": (
        "while True:\n        try:\n            1 / 0\n        except BaseException:\n            pass",
        "timeout",
    ),
    "loops in C": ("return sum(range(10**15))", "timeout"),
    "sleeps": ("import time; time.sleep(1000)", "timeout"),
    "recurses": ("return backward(x, out, g)", "raises"),
    "recurses without a limit": (
        "import sys; sys.setrecursionlimit(10**9)\n    return backward(x, out, g)",
        "raises crashed timeout",
    ),
    "prints megabytes": ("print('x' * 3_000_000)\n    return g", "pass_through"),
    "prints for ever": ("while True:\n        print('all work and no play')", "timeout"),
    "eats memory": ("return bytearray(3 << 30)", "raises"),
    "reads stdin": ("return float(input())", "raises"),
    "divides by zero": ("return g / 0", "raises"),
    "returns None": ("pass", "not_a_number"),
    "returns a string": ("return 'g'", "not_a_number wrong_shape"),
    "returns a complex number": ("return (g + 0j)", "not_a_number"),
    "returns nan": ("return math.nan", "not_a_number"),
    "returns itself": ("return backward", "not_a_number wrong_shape"),
    "returns a Value, which is read as its number": (
        "import microgd\n    return microgd.Value(g)",
        "pass_through",
    ),
    "returns two": ("return g, g", "wrong_shape"),
    "returns an endless iterator": (
        "import itertools\n    return itertools.count()",
        "wrong_shape not_a_number timeout",
    ),
    "returns what cannot be printed": (
        "class X:\n        def __repr__(self): raise ValueError\n        __str__ = __repr__\n    return X()",
        "not_a_number wrong_shape",
    ),
    "raises what cannot be printed": (
        "class X(Exception):\n        def __str__(self): raise ValueError\n        __repr__ = __str__\n"
        "    raise X()",
        "raises",
    ),
    "patches math": ("math.tanh = lambda x: 0.0\n    return g", "replaced"),
    "patches float": ("import builtins; builtins.float = int\n    return g", "replaced"),
    "patches isinstance": (
        "import builtins; builtins.isinstance = lambda *x: True\n    return g",
        "replaced",
    ),
    "patches the checker": (
        "import microgd.check\n    microgd.check.diagnose = None\n    return g",
        "replaced pass_through",
    ),
    "deletes a builtin": (
        "import builtins\n    if hasattr(builtins, 'len'): del builtins.len\n    return g",
        "replaced",
    ),
    "closes stdout": ("import sys; sys.stdout.close()\n    return g", "pass_through"),
    "closes every file": ("import os; os.closerange(0, 100)\n    return g", "pass_through crashed"),
    "starts a thread": (
        "import threading, time\n    threading.Thread(target=time.sleep, args=(1000,)).start()\n    return g",
        "pass_through",
    ),
    "starts a process": (
        "import subprocess, sys\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n    return g",
        "pass_through timeout",
    ),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "raises"),
    "raises GeneratorExit": ("raise GeneratorExit", "raises"),
    "is random": ("import random\n    return random.random() * g", "nondeterministic"),
    "yields": ("yield g", "not_a_number wrong_shape pass_through"),
    "is nearly right, with a slip": ("return (1 - oout**2) * g", "raises"),
}

FILES = {
    "empty": ("", "missing_name"),
    "not Python": ("Dear checker, please pass me", "syntax"),
    "a bracket is open": (HEAD + "return (1 - out * g\n", "syntax"),
    "an indent is missing": ("def backward(x, out, g):\nreturn g\n", "syntax"),
    "zeros": ("\0\0\0", "syntax"),
    "half a character": (b"\xff\xfe\xfa", "unreadable"),
    "deep brackets": ("(" * 5000 + ")" * 5000, "syntax"),
    "renamed": ("def back(x, out, g):\n    return g\n", "missing_name"),
    "too few parameters": ("def backward(x, g):\n    return g\n", "wrong_signature"),
    "too many parameters": ("def backward(x, y, out, g):\n    return g\n", "wrong_signature"),
    "not a function": ("backward = 3\n", "not_a_function"),
    "exits at once": ("import sys\nsys.exit(0)\n", "exits"),
    "loops at once": ("while True: pass\n", "timeout"),
    "imports what is not there": ("import torchvision_of_the_gods\n", "raises"),
    "patches math at once": (
        "import math\nmath.tanh = abs\n" + HEAD + "return (1 - out**2) * g\n",
        "replaced",
    ),
    "with a byte order mark": (b"\xef\xbb\xbfdef backward(x, out, g):\n    return (1 - out**2) * g\n", "ok"),
    "with Windows line ends": (b"def backward(x, out, g):\r\n    return (1 - out**2) * g\r\n", "ok"),
}


def answers():
    """Name, source as bytes, keys."""
    for name, (body, keys) in BODIES.items():
        yield name, (HEAD + body + "\n").encode(), keys.split()
    for name, (source, keys) in FILES.items():
        yield name, source if isinstance(source, bytes) else source.encode(), keys.split()

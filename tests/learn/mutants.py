"""Automatic mutants of the solutions: one small change each. A mutant that answers differently must not pass.

    python -m tests.learn.mutants [EXERCISE ...] [--every N] [--all]

prints what passes, and the share of wrong mutants whose mistake has no name ("unknown").
"""

from __future__ import annotations

import argparse
import ast
import copy
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from microgd.learn.course import Course
from microgd.learn.fence import run

BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div)
COMPARE = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.NotIn: ast.In, ast.Eq: ast.NotEq, ast.Is: ast.IsNot}

# Mutants that answer the same: the exercise, the line of the solution without spaces, and the mutant's.
SAME = Path(__file__).with_name("mutants_that_are_right.txt")


def mutants(source):
    """(what was changed, the new source) for each mutant of what the stub leaves open."""
    tree = ast.parse(source)
    old = ast.unparse(tree)
    seen = {old}
    for at, one in enumerate(list(ast.walk(tree))):
        for change in _changes(one):
            new = copy.deepcopy(tree)
            node = list(ast.walk(new))[at]
            if not _mutate(new, node, change):
                continue
            text = ast.unparse(ast.fix_missing_locations(new))
            if text not in seen:
                seen.add(text)
                yield _difference(old, text), text + "\n"


def _changes(node):
    """The numbers of the changes that a node may have."""
    if isinstance(node, (ast.FunctionDef, ast.For, ast.While, ast.If)):
        return range(4, 4 + len(node.body))
    counts = {ast.BinOp: 4, ast.AugAssign: 3, ast.Constant: 2, ast.UnaryOp: 1, ast.Compare: 1, ast.Tuple: 1}
    return range(counts.get(type(node), 3 if isinstance(node, ast.Name) else 0))


def _mutate(tree, node, change):
    """Change the node in place; False if there is no such change of it."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        others = [kind for kind in BINARY if not isinstance(node.op, kind)]
        if change < 3 and isinstance(node.op, (*BINARY, ast.Pow)):
            node.op = others[change]()
            return True
        if change == 3 and isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Mult)):
            node.left, node.right = node.right, node.left
            return True
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and change < 2:
        node.value = node.value + 1 if change == 0 else -node.value
        return bool(change == 0 or node.value)
    if isinstance(node, ast.UnaryOp) and change == 0 and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
        return True
    if isinstance(node, ast.Compare) and change == 0 and type(node.ops[0]) in COMPARE:
        node.ops[0] = COMPARE[type(node.ops[0])]()
        return True
    if isinstance(node, ast.Tuple) and change == 0 and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        node.elts[0], node.elts[1] = node.elts[1], node.elts[0]
        return True
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and change < 3:
        function = next(
            (f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and node in list(ast.walk(f))), None
        )
        names = [a.arg for a in function.args.args if a.arg not in (node.id, "self")] if function else []
        if function and node.id in [a.arg for a in function.args.args] and change < len(names):
            node.id = names[change]
            return True
    body = getattr(node, "body", None)
    if isinstance(body, list) and len(body) > 1 and 4 <= change < 4 + len(body):
        kept = ast.FunctionDef, ast.ClassDef, ast.Import
        docstring = isinstance(body[change - 4], ast.Expr) and isinstance(
            body[change - 4].value, ast.Constant
        )
        if not docstring and not isinstance(body[change - 4], kept):
            del body[change - 4]
            return True
    return False


def _difference(old, new):
    olds, news = old.splitlines(), new.splitlines()
    for k, line in enumerate(olds):
        if k >= len(news) or news[k] != line:
            return f"{line.strip()} ==> {news[k].strip() if len(olds) == len(news) else '(deleted)'}"
    return ""


def asked(exercise, difference):
    """Whether the change is in what the stub leaves open, and not in what it has ready."""
    ready = {line.strip() for line in ast.unparse(ast.parse(exercise.stub)).splitlines()}
    return difference.split(" ==> ")[0] not in ready


def chosen(course, names=(), every=1, seed=0):
    """Some of the mutants, each time others: (exercise name, change, source)."""
    same = set(SAME.read_text(encoding="utf-8").splitlines())
    rows = [
        (exercise.name, change, source)
        for exercise in course.exercises
        if not names or exercise.name in names
        for change, source in mutants(exercise.solution)
        if asked(exercise, change) and f"{exercise.name}: {change}" not in same
    ]
    return rows[seed % every :: every]


def tried(row):
    """(exercise, change, key, message) of a mutant."""
    name, change, source = row
    course = Course()
    exercise = course.find(name)
    with tempfile.TemporaryDirectory() as folder:
        for other in course.exercises:
            if other.chapter == exercise.chapter:
                Path(folder, f"{other.name}.py").write_text(other.solution, encoding="utf-8")
        file = Path(folder, f"{name}.py")
        file.write_text(source, encoding="utf-8")
        outcome = run(course, exercise, file, 4.0)
    return name, change, outcome.key, outcome.message


def main(arguments):
    """Try them, and print what passes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="print each message")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    rows = chosen(Course(), options.names, options.every)
    with ProcessPoolExecutor(2) as pool:
        results = []
        for row in pool.map(tried, rows):
            results.append(row)
            if options.all or row[2] == "ok":
                print(f"{row[0]}: {row[1]} -> {row[2]}: {row[3]!r}", flush=True)
    passing = [row for row in results if row[2] == "ok"]
    unknown = [row for row in results if row[2] == "unknown"]
    print(
        f"{len(results)} mutants in {time.perf_counter() - start:.0f} s: {len(passing)} pass,"
        f" {len(unknown)} unknown ({100 * len(unknown) / max(len(results), 1):.1f} %)"
    )
    return 1 if passing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

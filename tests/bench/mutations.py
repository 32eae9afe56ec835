"""The small faults that can be put into a file of Python: one `Mutation` for each.

A mutation replaces a piece of the text and leaves the rest as it is, so that a file keeps its lines.
Docstrings, annotations, `if TYPE_CHECKING`, `__slots__` and `__all__` are left alone. Messages, reprs and
other texts for people are changed only when asked for, since few tests hold them to the letter.
"""

import ast
import copy
import re
from collections.abc import Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
UNTOUCHED = {"__slots__", "__all__", "__version__", "__match_args__", "TYPE_CHECKING"}
FOR_PEOPLE = {"__repr__", "extra_repr"}
FOR_TYPES = {"TypeVar", "ParamSpec", "cast", "overload"}
WORDS = {"help", "metavar", "description", "epilog", "usage"}  # of argparse
NOTHING = ast.Constant(None)


class Mutation(NamedTuple):
    """The bytes from `start` to `end` become `text`.

    before, after  the line, or a longer expression on one line, for a reader
    function       the first line of the function that holds it; 0 where it is executed at import
    """

    line: int
    start: int
    end: int
    text: str
    before: str
    after: str
    function: int

    def applied(self, source: bytes) -> bytes:
        """The file with this fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def mutations(source: bytes, texts: bool = False) -> list[Mutation]:
    """Every mutation of a file, in its order; with `texts` also those of messages and reprs."""
    return sorted({x[:4]: x for x in _Finder(source, texts).found()}.values())


class _Finder:
    def __init__(self, source: bytes, texts: bool):
        self.source, self.texts = source, texts
        self.lines = source.split(b"\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.tree = ast.parse(source)
        # Set while the tree is walked: where the node stands, and what holds it.
        self.function = 0
        self.message = False  # inside a `raise`, or a repr
        self.outer: ast.AST | None = None  # the outermost f-string: positions within it are not to be trusted

    def found(self) -> Iterator[Mutation]:
        yield from self.inside(self.tree)

    def inside(self, node: ast.AST) -> Iterator[Mutation]:
        """The mutations of everything that the node holds, then its own by type."""
        for field, value in ast.iter_fields(node):
            for i, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST) and not self.skipped(node, field, child):
                    yield from self.at(node, field, i if isinstance(value, list) else None, child)

    @staticmethod
    def skipped(node: ast.AST, field: str, child: ast.AST) -> bool:
        if field in ("annotation", "returns", "type_params", "format_spec", "ctx", "op", "ops"):
            return True
        if (
            isinstance(node, ast.If)
            and field in ("test", "body")
            and "TYPE_CHECKING" in ast.unparse(node.test)
        ):
            return True
        match child:
            case ast.Expr(value=ast.Constant()):  # a docstring
                return True
            case ast.FunctionDef(decorator_list=decorators):
                return any(ast.unparse(x).split(".")[-1] in FOR_TYPES for x in decorators)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name in UNTOUCHED
            case ast.Call(func=ast.Name(id=name)):
                return name in FOR_TYPES
        return False

    def at(self, holder: ast.AST, field: str, index: int | None, node: ast.AST) -> Iterator[Mutation]:
        """The mutations of this node and of all that it holds."""
        for new in self.alternatives(holder, field, node):
            if mutation := self.replaced(holder, field, index, node, new):
                yield mutation
        before = self.function, self.message, self.outer
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            decorators = getattr(node, "decorator_list", [])
            self.function = min([node.lineno, *(x.lineno for x in decorators)])
            self.message |= getattr(node, "name", "") in FOR_PEOPLE
        if isinstance(node, ast.arguments) or field == "decorator_list":  # evaluated with the definition
            self.function = 0
        self.message |= isinstance(node, ast.Raise)
        if isinstance(node, ast.JoinedStr):
            self.outer = self.outer or node
        if self.texts or not (self.message and isinstance(node, ast.JoinedStr)):
            yield from self.inside(node)
        self.function, self.message, self.outer = before

    def alternatives(self, holder: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST]:
        """What may stand in this node's stead."""

        def with_(**fields: object) -> ast.AST:
            new = copy.copy(node)
            for name, value in fields.items():
                setattr(new, name, value)
            return new

        match node:
            case ast.Compare(ops=ops):
                for i, op in enumerate(ops):
                    for other in COMPARISONS[type(op)]:
                        yield with_(ops=[*ops[:i], other(), *ops[i + 1 :]])
            case ast.BinOp(op=op):
                if type(op) in OPERATORS and not (self.message and not self.texts):
                    yield with_(op=OPERATORS[type(op)]())
            case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
                yield operand
            case ast.BoolOp(op=op, values=values):
                yield with_(op=ast.Or() if isinstance(op, ast.And) else ast.And())
                for i in range(len(values)):
                    rest = [*values[:i], *values[i + 1 :]]
                    yield with_(values=rest) if len(rest) > 1 else rest[0]
            case ast.Constant(value=value):
                if (other := self.other_constant(holder, value)) is not None:
                    yield ast.Constant(other)
            case ast.JoinedStr():
                if self.texts and self.outer is None:
                    yield ast.Constant("")
            case ast.Return(value=value):
                if value is not None and ast.unparse(value) != "None":
                    yield with_(value=NOTHING)
            case ast.AugAssign(target=target, op=op, value=value):
                if type(op) in OPERATORS:
                    yield with_(op=OPERATORS[type(op)]())
                yield ast.Assign([target], value, lineno=node.lineno)
                yield ast.Pass()
            case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Assert() | ast.Delete():
                yield ast.Pass()
            case ast.Continue() | ast.Break():
                yield ast.Pass()
            case ast.Assign(targets=targets):
                if all(isinstance(x, ast.Attribute | ast.Subscript) for x in targets):
                    yield ast.Pass()
            case ast.AnnAssign(target=ast.Attribute(), value=value):
                if value is not None:
                    yield ast.Pass()
            case ast.With(items=[ast.withitem(optional_vars=None)], body=body):
                yield ast.If(ast.Constant(True), body, [])
            case ast.Call():
                yield from self.other_calls(node)
        asked = field == "test" or (field == "ifs" and isinstance(holder, ast.comprehension))
        # Comparisons and the like are mutated as such.
        if asked and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
            yield ast.UnaryOp(ast.Not(), node)

    def other_constant(self, holder: ast.AST, value: object) -> object:
        match value:
            case bool():
                return not value
            case int():
                return value + 1
            case float():
                return 2.0 * value if value else 1.0
            case str() if not self.message and self.outer is None:
                # A word that code compares, or the default of an option; a wrong key is a KeyError anyway.
                word = isinstance(holder, ast.Compare | ast.arguments | ast.MatchValue)
                return value + "_" if word or self.texts else None
            case str():
                return value + "_" if self.texts else None
        return None

    def other_calls(self, node: ast.Call) -> Iterator[ast.AST]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in TWINS:
            yield ast.Call(ast.Name(TWINS[name]), node.args, node.keywords)
        if self.message and not self.texts:
            return
        plain = not any(isinstance(x, ast.Starred) for x in node.args)
        for i in sorted({0, len(node.args) - 2}) if plain and len(node.args) > 1 else []:
            swapped = list(node.args)
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            yield ast.Call(node.func, swapped, node.keywords)
        for i, keyword in enumerate(node.keywords):
            if keyword.arg is not None and (self.texts or keyword.arg not in WORDS):
                yield ast.Call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]])

    def replaced(
        self, holder: ast.AST, field: str, index: int | None, node: ast.AST, new: ast.AST
    ) -> Mutation | None:
        """The mutation that puts `new` where `node` stands; None if that changes nothing."""
        anchor, whole = node, new
        if self.outer is not None:
            anchor = whole = self.outer
        before = ast.unparse(anchor)
        if anchor is not node:
            self.put(holder, field, index, new)
        after = ast.unparse(ast.fix_missing_locations(whole))
        if anchor is not node:
            self.put(holder, field, index, node)
        if before == after:
            return None
        start, end = self.span(anchor)
        if isinstance(anchor, ast.With):  # only its head changes: the body keeps its lines
            end, after = self.span(anchor.items[0].context_expr)[1], "if True"
        elif isinstance(anchor, ast.expr) and not isinstance(whole, ast.Constant | ast.Name):
            after = f"({after})"
        return Mutation(anchor.lineno, start, end, after, *self.shown(start, end, after), self.function)

    @staticmethod
    def put(holder: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
        if index is None:
            setattr(holder, field, node)
        else:
            getattr(holder, field)[index] = node

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def shown(self, start: int, end: int, after: str) -> tuple[str, str]:
        """The lines that change, before and after, each as one line."""
        first = self.source.rfind(b"\n", 0, start) + 1
        last = self.source.find(b"\n", end)
        last = len(self.source) if last < 0 else last
        old = self.source[first:last]
        new = self.source[first:start] + after.encode() + self.source[end:last]
        return tuple(re.sub(r"\s+", " ", x.decode()).strip() for x in (old, new))  # type: ignore[return-value]

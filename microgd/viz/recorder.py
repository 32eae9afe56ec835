"""`watch`: the film of a training as one HTML file that needs nothing else.

While the model is trained, its weights and gradients are only copied. The page is made at the end. It has
whole numbers with a scale in place of floats. What the model answers between the points is computed in the
page, by the model itself printed as JavaScript. Its parts are watch.html, watch.js, page.css and watch.css.

It uses `jit` to print JavaScript, and `player` for what both pages need.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import sys
from array import array
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensor import named_elements, values
from .player import _hash
from .target import PAGE, kind_of
from .words import clean, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

    from ..value import Value

MOST, LEAST = 300, 40
"""How many frames a page has at most, and how many a large model may have at least."""

BYTES = 260_000
"""About so many bytes are for weights and gradients, three for each parameter and frame."""

LONGEST = 20_000
"""So many operations at most are printed as JavaScript."""


def watch(
    model: Any,
    path: str | PathLike[str] | None = None,
    points: Any = None,
    labels: Any = None,
    predict: Callable[[Any], Any] | None = None,
    boundary: float = 0.0,
    surface: Callable[..., Any] | None = None,
) -> Watch:
    """Training as a film: the loss, the weights and the gradients of each step, in one HTML file.

        with microgd.watch(model, "training.html", points=points, labels=labels) as film:
            for step in range(150):
                ...
                loss.backward()
                film.frame(loss)          # here weights and gradients belong together
                optimizer.step()

    At the end of the block the file is written, also after an error or Ctrl-C. A compiled loop takes the
    film as its callback: train(points, labels, steps=1000, callback=film.step, every=10).

    model     a Module, or a list of Values
    path      of the file, which ends in .html. None: `save` writes it, and a notebook shows it
    points    samples of two numbers. The page shows them, and what the model answers between them
    labels    for each point a number. With one output, the larger ones are above the boundary; with several
              outputs, the label is the number of the largest
    predict   what is computed for a point, if it is not model(point)
    boundary  where the two classes meet, if there is one output: 0.5 for a probability
    surface   with two parameters: the loss as a function of them. The page shows the way down

    A long training is thinned out: the page has at most 300 steps, in equal distances, and the last one.
    """
    return Watch(model, path, points, labels, predict, boundary, surface)


class Frame(NamedTuple):
    """A step: its number, its loss, and copies of what changes."""

    step: int
    loss: float
    data: array[float]
    grads: array[float]
    others: array[float]


class Matrix(NamedTuple):
    """The elements of one tensor of parameters, which are beside each other among all parameters."""

    name: str
    start: int
    rows: int
    columns: int


class Watch:
    """The recorder of a training. In a notebook it shows its film.

    frames  what is recorded
    """

    def __init__(
        self,
        model: Any,
        path: str | PathLike[str] | None,
        points: Any,
        labels: Any,
        predict: Callable[[Any], Any] | None,
        boundary: float,
        surface: Callable[..., Any] | None,
    ) -> None:
        self._path = None if path is None else _checked(path)
        if self._path is not None and not self._path.parent.is_dir():
            raise FileNotFoundError(f"microgd.watch: there is no folder {str(self._path.parent)!r}")
        named = _named(model)
        self._values = [x for _, x in named]
        self._layers = _layers([name for name, _ in named])
        self._title = clean(type(model).__name__) if hasattr(model, "named_parameters") else "Training"
        self._most = max(LEAST, min(MOST, BYTES // (3 * max(1, len(named)))))
        self._every = 1
        self._count = 0
        self.frames: list[Frame] = []
        self._last: Frame | None = None
        self._others: list[Value] = []
        self._extra: dict[str, Any] = {"boundary": float(boundary)}
        self._source = "const field = null;\n"
        if points is not None:
            self._points(model, points, labels, predict)
        elif surface is not None:
            self._surface(surface)

    # --- recording ---

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self.save(self._path)

    def frame(self, loss: Any) -> None:
        """Record the state of the model, after backward(). `loss` is a Value or a number."""
        self._count += 1
        self._record(self._count, loss)

    def step(self, step: int, loss: Any) -> None:
        """The same, as the callback of a compiled training, which counts the steps.

        The loss and the gradients are those before the step, the weights those after it.
        """
        self._count += 1
        self._record(step, loss)

    def _record(self, step: int, loss: Any) -> None:
        values = self._values
        self._last = Frame(
            step,
            float(loss.item() if hasattr(loss, "item") else loss),
            array("d", [x.data for x in values]),
            array("d", [math.nan if g is None else g for g in [x.grad for x in values]]),
            array("d", [x.data for x in self._others]),
        )
        vars(self).pop("html", None)
        if (self._count - 1) % self._every == 0:
            self.frames.append(self._last)
            if len(self.frames) >= self._most:
                del self.frames[1::2]
                self._every *= 2

    # --- the page ---

    @cached_property
    def html(self) -> str:
        """The page, with what is recorded so far."""
        if self._last is None:
            self._record(0, math.nan)
        frames = list(self.frames)
        if self._last is not None and frames[-1] is not self._last:
            frames.append(self._last)
        parts = resources.files(__package__)
        style = "".join(
            parts.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "watch.css")
        )
        script = self._source + parts.joinpath("watch.js").read_text(encoding="utf-8")
        places = {
            "title": escape(self._title),
            "style": style,
            "style_hash": _hash(style),
            "script": script,
            "script_hash": _hash(script),
            "film": self._data(frames),
        }
        page = parts.joinpath("watch.html").read_text(encoding="utf-8")
        return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], page)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file that ends in .html. An interrupt leaves the old file, or the new one."""
        target = _checked(path)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            fresh.write_text(self.html, encoding="utf-8")
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        return target

    def show(self) -> None:
        """Open the page in a browser."""
        import tempfile
        import webbrowser

        path = Path(tempfile.mkdtemp(prefix="microgd-")) / "training.html"
        webbrowser.open(self.save(path).as_uri())

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own, which may run its script and nothing else."""
        return (
            f'<iframe title="training, step by step" sandbox="allow-scripts" srcdoc="{escape(self.html)}"'
            ' width="100%" height="720" style="border:1px solid #cbd5e1;border-radius:8px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Watch: {len(self._values)} parameters, {len(self.frames)} frames>"

    def _data(self, frames: Sequence[Frame]) -> str:
        """The film as data for the script. It contains no "<", so that nothing in it can end the script."""
        matrices = [matrix for _, inside in self._layers for matrix in inside]
        weights, grads = array("h"), array("b")
        scales: list[list[float | None]] = []
        for frame in frames:
            for matrix in matrices:
                part = slice(matrix.start, matrix.start + matrix.rows * matrix.columns)
                weight_scale = _quantised(frame.data[part], 32767, weights)
                grad_scale = _quantised(frame.grads[part], 127, grads)
                scales.append([weight_scale, grad_scale])
        if sys.byteorder == "big":
            weights.byteswap()
        data = {
            "steps": [frame.step for frame in frames],
            "losses": [_plain_number(frame.loss) for frame in frames],
            "layers": [
                [clean(name), [[clean(m.name), m.start, m.rows, m.columns] for m in inside]]
                for name, inside in self._layers
            ],
            "weights": base64.b64encode(weights.tobytes()).decode(),
            "grads": base64.b64encode(grads.tobytes()).decode(),
            "scales": scales,
            "others": [[_plain_number(x) for x in frame.others] for frame in frames],
            **self._extra,
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")

    # --- what the page computes ---

    def _points(self, model: Any, points: Any, labels: Any, predict: Callable[[Any], Any] | None) -> None:
        samples = [[float(x) for x in sample] for sample in _plain(points)]
        if not samples or any(len(sample) != 2 for sample in samples):
            raise ValueError("microgd.watch: points are samples of two numbers, [[x0, x1], ...]")
        goals = None if labels is None else [_first(label) for label in _plain(labels)]
        if goals is not None and len(goals) != len(samples):
            raise ValueError(f"microgd.watch: {len(samples)} points, and {len(goals)} labels")
        modules = list(model.modules()) if hasattr(model, "modules") else []
        modes = [module.training for module in modules]
        for module in modules:
            vars(module)["training"] = False  # what the model answers is asked without dropout
        try:
            outputs = self._printed(predict or model, [("list", 2, "number")])
        finally:
            for module, mode in zip(modules, modes, strict=True):
                vars(module)["training"] = mode
        self._extra |= {"kind": "points", "outputs": outputs, "points": samples, "labels": goals}

    def _surface(self, surface: Callable[..., Any]) -> None:
        if len(self._values) != 2:
            raise ValueError(
                f"microgd.watch: surface needs a model of two parameters, not of {len(self._values)}"
            )
        self._extra |= {"kind": "surface", "outputs": self._printed(surface, ["constant", "constant"])}

    def _printed(self, function: Callable[..., Any], forms: Sequence[Any]) -> int:
        """Print the function as JavaScript. Returns how many numbers it returns."""
        from ..jit import javascript
        from ..jit.program import Routine
        from ..jit.symbol import TraceError
        from ..jit.trace import Traced

        try:
            traced = Traced(function, forms, [False] * len(forms))
        except TraceError as error:
            raise TraceError(
                f"{error}\n(microgd.watch prints what it draws in the page as JavaScript. Without points and"
                " surface, the training can be watched, too.)"
            ) from None
        trace = traced.trace
        results = [traced.operation(x) for x in _flat(traced.out)]
        own = [symbol for symbols in traced.arguments for symbol in symbols]
        shared = [trace.symbol_of(x) for x in trace.captured]
        program = trace.program
        program.inputs = [symbol.index for symbol in (*shared, *own) if symbol is not None]
        for k, i in enumerate(program.inputs):
            program.operands[i] = (k,)
        routine = Routine(program, len(shared), len(own), [], results)
        if len(routine.program.rows) > LONGEST:
            raise ValueError(
                f"microgd.watch: {len(routine.program.rows)} operations for one point are too many for a"
                f" page, which takes {LONGEST}: leave points and surface out"
            )
        self._source = f"const field = (() => {{\n{javascript.printed(routine)}return bind;\n}})();\n"
        place = {id(x): k for k, x in enumerate(self._values)}
        self._others = [x for x in trace.captured if id(x) not in place]
        place |= {id(x): -1 - k for k, x in enumerate(self._others)}
        self._extra["shared"] = [place[id(x)] for x in trace.captured]
        return len(results)


# --- parameters by layer ---------------------------------------------------------------------------------


def _named(model: Any) -> list[tuple[str, Value]]:
    if hasattr(model, "named_parameters"):
        return list(named_elements(model.named_parameters()))
    return [(x.label or f"[{i}]", x) for i, x in enumerate(values(model))]


def _layers(names: Sequence[str]) -> list[tuple[str, list[Matrix]]]:
    """The parameters by layer and tensor: `0.weight[1][3]` is in layer 0, tensor weight, row 1, column 3."""
    layers: dict[str, list[Matrix]] = {}
    for i, name in enumerate(names):
        element = re.fullmatch(r"(.+?)\[(\d+)\](\[\d+\])*", name)
        path, row = (element[1], int(element[2])) if element else (name, 0)
        inside = layers.setdefault(path.rpartition(".")[0] or "parameters", [])
        if inside and element and inside[-1].name == path:
            start = inside[-1].start
            inside[-1] = Matrix(path, start, row + 1, (i + 1 - start) // (row + 1))
        else:
            inside.append(Matrix(path, i, 1, 1))
    return list(layers.items())


# --- numbers ---------------------------------------------------------------------------------------------


def _quantised(numbers: array[float], most: int, into: array[int]) -> float | None:
    """Add the numbers as whole numbers of -most to most. Returns the scale; None if there is no number.

    -most - 1 says that a number is not finite.
    """
    largest = max((abs(x) for x in numbers if math.isfinite(x)), default=None)
    if largest is None:
        into.extend([-most - 1] * len(numbers))
        return None if all(x != x for x in numbers) else 0.0
    scale = float(f"{largest / most:.9g}") or 1.0
    into.extend([max(-most, min(most, round(x / scale))) if math.isfinite(x) else -most - 1 for x in numbers])
    return scale if largest else 0.0


def _plain_number(x: float) -> float | str:
    return float(f"{x:.6g}") if math.isfinite(x) else str(x)


def _plain(x: Any) -> Any:
    """Nested lists of numbers, of Tensors, arrays, Values and lists of them."""
    if hasattr(x, "tolist"):
        return x.tolist()
    if isinstance(x, (list, tuple)):
        return [_plain(item) for item in x]
    return x.item() if hasattr(x, "item") else x


def _first(label: Any) -> float:
    return float(label[0] if isinstance(label, list) else label)


def _flat(x: Any) -> Iterable[Any]:
    """The numbers of a result: one, or those of a list or a Tensor."""
    if hasattr(x, "tolist") and getattr(x, "shape", ()) != ():
        x = [x[i] for i in range(len(x))]
    if isinstance(x, (list, tuple)):
        return [number for item in x for number in _flat(item)]
    return [x]


def _checked(path: str | PathLike[str]) -> Path:
    target = Path(path)
    kind_of(target, PAGE)
    return target

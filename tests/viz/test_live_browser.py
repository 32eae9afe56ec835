"""The film that computes, in a real browser: its rules, its texts, and all numbers after a change."""

import math
import random

import pytest

import microgd
from microgd import Value, nn, ops
from microgd.autograd import topological_order
from microgd.jit import javascript
from microgd.viz import film as films, play, smaller
from microgd.viz.graph import walk
from microgd.viz.words import number
from tests.jit.points import apart, points_of, results

from .graphs import diamond, linear, mlp, neuron, penalized, square
from .pages import boxes, browser, close, open_page, shown, told, wanted
from .test_golden_film import FILMS

__all__ = ["browser", "open_page"]  # fixtures

ULPS = 4


# --- every rule ---------------------------------------------------------------------------------------


def text(x):
    """A number, exactly, as text."""
    return "nan" if x != x else repr(x).replace("inf", "Infinity")


def test_every_rule_as_the_page_has_it_gives_value_and_partials_within_4_ulp(open_page):
    """The page's own script, with the rules of all rows in the place of its own."""
    ours = [name for name in ops.TABLE if hasattr(ops, name)]  # other tests add rows of their own
    jobs = [(name, n, points) for name in ours for n, points in points_of(name).items()]
    rules = ",\n".join(javascript.rule(ops.TABLE[name], n) for name, n, _ in jobs)
    own = smaller.script(f"{javascript.library(rules)}const rules = [{rules}];\n")
    browser = open_page(square())
    given = [[[text(x) for x in point] for point in points] for _, _, points in jobs]
    told = browser.execute_script(
        own + "const real = (x) => x === 'nan' ? NaN : Number(x);"
        "const told = (x) => Object.is(x, -0) ? '-0' : String(x);"
        "return arguments[0].map((points, i) => points.map((point) => {"
        " const [v, d] = rules[i](...point.map(real)); return [v, ...d].map(Number).map(told); }))",
        given,
    )
    wrong, tried = [], {}
    for (name, _, points), answers in zip(jobs, told, strict=True):
        tried[name] = tried.get(name, 0) + len(points)
        for point, answer in zip(points, answers, strict=True):
            answer = [float(x) for x in answer]
            if not apart(name, point, answer) <= ULPS:
                wrong.append((name, point, answer, results(name, point)))
    assert wrong == []
    assert len(tried) == len(ours) > 55
    assert min(tried.values()) >= 200


# --- the texts ----------------------------------------------------------------------------------------


def ties():
    a, b = Value(2.0, "a"), Value(2.0, "b")
    return microgd.max(a, b, Value(1.0, "c")) * a


def several():
    """Rows of every kind of reason, negative and tiny numbers, an operand that is used three times."""
    x, y = Value(-0.00002, "x"), Value(3.0, "y")
    z = (x - 1.0).exp() / y + microgd.maximum(x, y) ** 2 - (-x) ** 1.5
    return z * z + y.log() * y - y.sigmoid() + microgd.where(x > 0.0, x, y * 2.0)


def nameless():
    return Value(2.0) * Value(3.0) + Value(-4.0)


def softmax():
    logits = [Value(0.5 * i, f"z{i}") for i in range(10)]
    return nn.functional.cross_entropy(microgd.Tensor(logits), 3)


LOSSES = {
    "square": square,
    "diamond": diamond,
    "neuron": neuron,
    "linear": linear,
    "mlp": lambda: mlp(2, 3, 1),
    "ties": ties,
    "several": several,
    "nameless": nameless,
    "softmax": softmax,
    "penalized": penalized,
    "neurons": lambda: mlp(2, 16, 16, 1),
    "batch": lambda: mlp(2, 4, 1, batch=20),
    "wide batch": lambda: mlp(2, 16, 16, 1, batch=3),
    "formula": FILMS["formula"][0],
    "undefined": FILMS["undefined"][0],
}


def made(name):
    loss = LOSSES[name]()
    return loss if isinstance(loss, tuple) else (loss, None)


@pytest.mark.parametrize("name", LOSSES)
def test_at_the_start_the_page_says_what_the_film_says(open_page, name):
    loss, model = made(name)
    player = play(loss, model)
    assert player.live is not None, player.why
    browser = open_page(loss, model)
    for mine, film in zip(told(browser), wanted(player.film), strict=True):
        assert mine == film
    assert shown(browser) == boxes(player.film)


@pytest.mark.parametrize("most", [40, 5])
@pytest.mark.parametrize("name", ["neuron by neuron", "many inputs", "seven lines", "layer by layer"])
def test_folded_films_say_the_same(open_page, monkeypatch, name, most):
    monkeypatch.setattr(films, "MOST_VALUES", most)
    loss, model = FILMS[name][0]()
    browser = open_page(loss, model)
    assert told(browser) == wanted(play(loss, model).film)


@pytest.mark.parametrize(
    ("x", "said"),
    [(2.0625, "2.062"), (2.0635, "2.063"), (20.625, "20.62"), (1.00025e10, "1e10"), (-0.0, "0"),
     (0.000123456, "0.0001235"), (9999.5, "1e4"), (99995.0, "1e5"), (-1e-310, "-1e-310"), (math.inf, "inf"),
     (-math.inf, "-inf"), (math.nan, "nan")],
)  # fmt: skip
def test_a_number_is_written_as_python_writes_it(open_page, x, said):
    browser = open_page(square())
    assert number(x) == said
    assert browser.execute_script("return player.number(Number(arguments[0]))", text(x)) == said


def test_many_numbers_are_written_as_python_writes_them(open_page):
    rng = random.Random(3)
    xs = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 12) for _ in range(3000)]
    xs += [round(x, 5) for x in xs[:500]] + [k / 32 for k in range(-2000, 2000)]
    browser = open_page(square())
    assert browser.execute_script("return arguments[0].map((x) => player.number(x))", xs) == [
        number(x) for x in xs
    ]


# --- other numbers ------------------------------------------------------------------------------------


def leaves(loss):
    return [x for x in walk(loss) if x.is_leaf]


def again(loss, model, given, numbers):
    """The film of the loss at these numbers of its leaves: the graph is computed again, value by value."""
    with microgd.no_grad():
        for leaf, x in zip(given, numbers, strict=True):
            leaf.data = x
    anew = {}
    for node in topological_order([loss]):
        if node.is_leaf:
            continue
        operands = [anew.get(id(x), x) for x in node.inputs]
        fresh = ops.TABLE[node.op](*operands)
        fresh.label = node.label
        fresh._scope = node._scope
        anew[id(node)] = fresh
    root = anew[id(loss)]
    root.backward()
    return play(root, model).film


@pytest.mark.parametrize("name", ["neuron", "linear", "mlp", "several", "ties", "neurons", "batch"])
def test_after_a_change_everything_is_what_microgd_computes_anew(open_page, name):
    loss, model = made(name)
    player = play(loss, model)
    chosen = [(n, step) for step, n in player.live.place.items() if step.kind in ("parameter", "input")]
    rng = random.Random(7)
    picked = rng.sample(chosen, min(5, len(chosen)))
    numbers = [rng.uniform(-2.0, 2.0) for _ in picked]
    browser = open_page(loss, model)
    browser.execute_script(
        "arguments[0].forEach((n, i) => live.values[n] = arguments[1][i]); live.refresh()",
        [n for n, _ in picked],
        numbers,
    )
    step_of = {id(step): x for x in leaves(loss) for step in [read_step(loss, model, x, player)]}
    film = again(loss, model, [step_of[id(step)] for _, step in picked], numbers)
    close(told(browser), wanted(film))
    close(shown(browser), boxes(film))


def read_step(loss, model, leaf, player):
    """The step of a leaf in the player's graph."""
    order = {id(x): k for k, x in enumerate(leaves(loss))}
    steps = [s for s in player.live.place if s.kind in ("parameter", "input")]
    steps.sort(key=lambda s: s.number)
    return steps[order[id(leaf)]]


@pytest.mark.parametrize(
    "loss",
    [
        lambda: Value(3.0, "x"),
        lambda: Value(3.0, "x", requires_grad=False) ** 2,
        lambda: Value(1.0) + Value(math.nan) * 2.0,
        lambda: Value(math.inf, "a") - Value(1e308, "b") * 10.0,
        lambda: microgd.sum([Value(float(i), f"x{i}") for i in range(12)]),
    ],
)
def test_small_and_broken_losses_have_pages_that_compute(open_page, loss):
    loss = loss()
    player = play(loss)
    assert player.live is not None
    browser = open_page(loss)
    assert told(browser) == wanted(player.film)
    assert shown(browser) == boxes(player.film)

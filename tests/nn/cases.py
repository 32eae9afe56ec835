"""What the parity test drives: every layer and loss, with its options and arguments.

A case draws a shape, then the options (by name, as both libraries take them) and the arguments, each
of which may depend on the shape. Numbers fall on quarters often, so that ties and kinks are met.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import hypothesis.strategies as st

quarters = st.integers(-12, 12).map(lambda k: k / 4)
numbers = quarters | st.floats(-3.0, 3.0).filter(lambda x: abs(x) > 1e-3)
probabilities = st.integers(1, 15).map(lambda k: k / 16) | st.floats(0.01, 0.99)
signs = st.sampled_from([1.0, -1.0])
positive = st.sampled_from([0.25, 0.5, 1.0, 2.0])
REDUCTION = {"reduction": st.sampled_from(["mean", "sum", "none"])}
INPLACE = {"inplace": st.just(False)}


def nested(element: Any, shape: tuple[int, ...]) -> Any:
    """Nested lists of this shape."""
    if not shape:
        return element
    return st.lists(nested(element, shape[1:]), min_size=shape[0], max_size=shape[0])


def above_quarters(by: float) -> Any:
    return quarters.map(lambda x: x + by)


def shapes(least: int = 1, most: int = 3, side: int = 3) -> Any:
    return st.lists(st.integers(1, side), min_size=least, max_size=most).map(tuple)


class Argument(NamedTuple):
    data: Any
    whole: bool = False  # indices: no gradient
    differentiable: bool = True


def given(element: Any = numbers, shape: Callable[..., tuple[int, ...]] = tuple, **flags: bool) -> Any:
    """An argument of the shape drawn, or of one that follows from it."""
    return lambda drawn: nested(element, shape(drawn)).map(lambda data: Argument(data, **flags))


def fixed(element: Any, shape: Callable[..., tuple[int, ...]] = tuple) -> Any:
    return given(element, shape, differentiable=False)


class Case(NamedTuple):
    """One line of the parity table.

    name       the class in nn
    options    by name, a strategy or a function of the shape that returns one
    arguments  of the call, functions of the shape
    shapes     of the first argument
    twin       the function in nn.functional that takes the same options
    variant    of several cases of one class
    second     how far the second gradient may be from PyTorch's, where that is not exact
    inputs     the names of the arguments, where they are not input and target
    """

    name: str
    options: Mapping[str, Any] = MappingProxyType({})
    arguments: tuple[Any, ...] = (given(),)
    shapes: Any = shapes()
    twin: str = ""
    variant: str = ""
    second: float = 1e-12
    inputs: tuple[str, ...] = ()

    def driven(self) -> set[str]:
        """What the function in nn.functional is given: the options, and the arguments."""
        inputs = {1: ("input",), 2: ("input", "target"), 3: ("input1", "input2", "target")}
        return {*self.options, *(self.inputs or inputs[len(self.arguments)])}

    def __str__(self) -> str:
        return self.name + (f" {self.variant}" if self.variant else "")


def drawn(draw: Any, case: Case) -> tuple[dict[str, Any], list[Argument]]:
    shape = draw(case.shapes)
    options = {k: draw(v(shape) if callable(v) else v) for k, v in case.options.items()}
    return options, [draw(argument(shape)) for argument in case.arguments]


def dims(shape: tuple[int, ...]) -> Any:
    return st.integers(-len(shape), len(shape) - 1)


def classes(shape: tuple[int, ...]) -> int:
    """C of (C), (N, C), (N, C, d1 ...)."""
    return shape[min(1, len(shape) - 1)]


def without_classes(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:1], *shape[2:]) if len(shape) > 1 else ()


def per_class(shape: tuple[int, ...]) -> Any:
    return st.none() | nested(positive, (classes(shape),))


def labels(shape: tuple[int, ...]) -> Any:
    strategy = nested(st.integers(0, classes(shape) - 1), without_classes(shape))
    return strategy.map(lambda data: Argument(data, whole=True))


def per_element(shape: tuple[int, ...]) -> Any:
    """None, or weights of the last dimensions, of any number of them."""
    tails = [shape[i:] for i in range(len(shape))]
    return st.none() | st.one_of([nested(positive, tail) for tail in tails])


def last(shape: tuple[int, ...]) -> Any:
    return st.just(shape[-1])


def tails(shape: tuple[int, ...]) -> Any:
    return st.sampled_from([shape[-1:], shape[-2:]]).map(list)


ACTIVATIONS = [
    Case("ReLU", INPLACE, twin="relu"),
    Case(
        "LeakyReLU", {"negative_slope": st.sampled_from([0.0, 0.01, 0.5, -0.5]), **INPLACE}, twin="leaky_relu"
    ),
    Case("ELU", {"alpha": positive, **INPLACE}, twin="elu"),
    Case("SELU", INPLACE, twin="selu"),
    Case("SiLU", INPLACE, twin="silu"),
    Case("GELU", {"approximate": st.sampled_from(["none", "tanh"])}, twin="gelu"),
    Case("Mish", INPLACE, twin="mish"),
    Case("Softplus", {"beta": positive, "threshold": st.sampled_from([0.5, 2.0, 20.0])}, twin="softplus"),
    Case("Softsign", twin="softsign"),
    Case(
        "Hardtanh",
        {"min_val": st.sampled_from([-2.0, -1.0, 0.0]), "max_val": positive, **INPLACE},
        twin="hardtanh",
    ),
    Case("Sigmoid", twin="sigmoid"),
    Case("LogSigmoid", twin="logsigmoid"),
    Case("Tanh", twin="tanh"),
    Case("Softmax", {"dim": dims}, twin="softmax"),
    Case("LogSoftmax", {"dim": dims}, twin="log_softmax"),
]

PLACED = {"device": st.sampled_from([None, "cpu"]), "dtype": st.none()}
PARAMETRIC = Case(
    "PReLU",
    {
        "num_parameters": lambda shape: st.sampled_from([1, *shape[1:2]]),
        "init": st.sampled_from([0.25, -0.5, 0.0]),
        **PLACED,
    },
)
AFFINE = {"elementwise_affine": st.booleans(), **PLACED}
LAYERS = [
    Case("Identity"),
    Case("Linear", {"in_features": last, "out_features": st.integers(1, 3), "bias": st.booleans(), **PLACED}),
    Case(
        "Flatten",
        {"start_dim": st.sampled_from([0, 1, -2]), "end_dim": st.sampled_from([-1, 1])},
        shapes=shapes(2, 3, 4),
    ),
    Case(
        "CosineSimilarity",
        {"dim": st.sampled_from([0, -1]), "eps": st.just(1e-8)},
        (given(st.floats(0.5, 3.0)), given(st.floats(-3.0, -0.5))),
        shapes(2, 3),
    ),
    Case("Dropout", {"p": st.sampled_from([0.0, 1.0]), **INPLACE}, twin="dropout"),
    Case(
        "Embedding",
        {
            "num_embeddings": st.just(4),
            "embedding_dim": st.integers(1, 3),
            "padding_idx": st.sampled_from([None, 0, 2, -1]),
            **PLACED,
        },
        (given(st.integers(0, 3), whole=True),),
    ),
    Case(
        "LayerNorm",
        {"normalized_shape": tails, "eps": st.sampled_from([1e-5, 0.1]), "bias": st.booleans(), **AFFINE},
        (given(st.floats(-3.0, 3.0)),),
        shapes(2, 3, 4).filter(lambda shape: shape[-1] > 1),
    ),
    Case(
        "RMSNorm",
        {"normalized_shape": tails, "eps": st.sampled_from([None, 0.1]), **AFFINE},
        shapes=shapes(2, 3, 4),
    ),
]

LOSSES = [
    Case("MSELoss", REDUCTION, (given(), given()), twin="mse_loss"),
    Case("L1Loss", REDUCTION, (given(), given()), twin="l1_loss"),
    Case(
        "SmoothL1Loss",
        {"beta": positive | st.just(0.0), **REDUCTION},
        (given(), given()),
        twin="smooth_l1_loss",
    ),
    Case("HuberLoss", {"delta": positive, **REDUCTION}, (given(), given()), twin="huber_loss"),
    Case(
        "CrossEntropyLoss",
        {
            "weight": per_class,
            "ignore_index": st.sampled_from([-100, 0, 1]),
            "label_smoothing": st.sampled_from([0.0, 0.1, 1.0]),
            **REDUCTION,
        },
        (given(), labels),
        shapes(1, 3, 4),
        "cross_entropy",
        "of classes",
    ),
    Case(
        "CrossEntropyLoss",
        {"weight": per_class, "label_smoothing": st.sampled_from([0.0, 0.1, 1.0]), **REDUCTION},
        (given(), given(probabilities)),
        shapes(1, 3, 4),
        "cross_entropy",
        "of probabilities",
    ),
    Case(
        "NLLLoss",
        {"weight": per_class, "ignore_index": st.sampled_from([-100, 0, 1]), **REDUCTION},
        (given(), labels),
        shapes(1, 3, 4),
        "nll_loss",
    ),
    Case(
        "BCELoss",
        {"weight": per_element, **REDUCTION},
        (given(probabilities), given(probabilities)),
        twin="binary_cross_entropy",
        second=1e-9,  # PyTorch adds 1e-12 to x (1 - x)
    ),
    Case(
        "BCEWithLogitsLoss",
        {"weight": per_element, "pos_weight": per_element, **REDUCTION},
        (given(), given(probabilities | st.sampled_from([0.0, 1.0]))),
        twin="binary_cross_entropy_with_logits",
    ),
    Case(
        "KLDivLoss",
        {"log_target": st.just(False), "reduction": st.sampled_from(["batchmean", "mean", "sum", "none"])},
        (given(), given(probabilities)),
        twin="kl_div",
        variant="of probabilities",
    ),
    Case(
        "KLDivLoss",
        {"log_target": st.just(True), "reduction": st.sampled_from(["batchmean", "mean", "sum", "none"])},
        (given(), given()),
        twin="kl_div",
        variant="of logarithms",
    ),
    Case(
        "HingeEmbeddingLoss",
        {"margin": positive, **REDUCTION},
        (given(), fixed(signs)),
        twin="hinge_embedding_loss",
    ),
    Case(
        "MarginRankingLoss",
        {"margin": quarters, **REDUCTION},
        (given(), given(), fixed(signs)),
        twin="margin_ranking_loss",
    ),
    Case(
        "CosineEmbeddingLoss",
        {"margin": st.sampled_from([-0.3, 0.3, 0.8]), **REDUCTION},
        (given(), given(), fixed(signs, lambda shape: shape[:-1])),
        shapes(1, 2),
        "cosine_embedding_loss",
    ),
    Case(
        "TripletMarginLoss",
        {
            "margin": st.sampled_from([0.3, 1.1]),
            "p": st.sampled_from([1.5, 2.0, 3.0]),
            "eps": st.sampled_from([1e-6, 0.125]),
            "swap": st.booleans(),
            **REDUCTION,
        },
        tuple(given(above_quarters(by)) for by in (0.0, 0.03, 0.07)),  # no ties that rounding would decide
        twin="triplet_margin_loss",
        inputs=("anchor", "positive", "negative"),
    ),
]

CASES = [*ACTIVATIONS, PARAMETRIC, *LAYERS, *LOSSES]

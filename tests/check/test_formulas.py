"""product: which product of powers gives these numbers?"""

import math

import pytest

from microgd.check.candidates import FACTORS
from microgd.check.formulas import ENOUGH, FOR_SUMS, Atom, Product, atoms, product

XS = [0.31, -0.47, 1.27, -1.9, 2.6, 0.83, -2.2, 3.4]
YS = [1.7, 0.45, -0.6, 2.9, -1.3, 0.23, 3.1, -2.4]
POSITIVE = [0.31, 0.47, 1.27, 1.9, 2.6, 0.83, 2.2, 3.4]


def found(compute, *columns, names="xy", **options):
    known = atoms(list(zip(names, columns, strict=False)))
    result = product([compute(*row) for row in zip(*columns, strict=True)], known, **options)
    return None if result is None else str(result)


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda x: 7.0, "7"),
        (lambda x: -0.5, "-0.5"),
        (lambda x: x, "x"),
        (lambda x: -x, "-x"),
        (lambda x: 3.0 * x * x, "3 * x**2"),
        (lambda x: 1.0 / x**3, "1/x**3"),
        (lambda x: (1.0 - x) / 2.0, "0.5 * (1 - x)"),
        (lambda x: -((1.0 + x) ** -2), "-1/(1 + x)**2"),
        (lambda x: math.exp(x) * x, "x * exp(x)"),
        (lambda x: 2.0 * math.sin(x) / x, "2 * sin(x)/x"),
        (lambda x: x**3 * math.cos(x) ** 2, None),  # of two factors, none has a power above 2
        (lambda x: x * math.cos(x) * math.exp(x), None),  # three factors
    ],
)
def test_the_plainest_product_is_found(compute, text):
    assert found(compute, XS) == text


def test_roots_are_of_positive_numbers():
    assert found(math.sqrt, POSITIVE) == "sqrt(x)"
    assert found(lambda x: 1.0 / math.sqrt(x), POSITIVE) == "1/sqrt(x)"
    assert found(lambda x: math.sqrt(abs(x)), XS) is None


def test_a_sign_that_changes_is_no_constant():
    only_x = atoms([("x", XS)])[:1]
    assert product(XS, only_x) == Product(pytest.approx(1.0), (("x", 1.0),), 8.0)
    assert product([abs(x) for x in XS], only_x) is None
    assert product([abs(x) * x for x in XS], only_x) is None
    assert found(abs, XS) == "x * sign(x)"
    assert found(lambda x: math.copysign(2.0, x), XS) == "2 * sign(x)"


def test_two_columns():
    assert found(lambda x, y: x / y, XS, YS) == "x/y"
    assert found(lambda x, y: 4.0 * x * y * y, XS, YS) == "4 * x * y**2"


def test_most_limits_the_number_of_factors():
    assert found(lambda x: math.exp(x) * x, XS, most=1) is None
    assert found(lambda x: 3.0 * x, XS, most=0) is None
    assert found(lambda x: 3.0, XS, most=0) == "3"
    assert found(lambda x: 3.0 * x, XS, most=1) == "3 * x"


def test_constants_limits_the_constant():
    assert found(lambda x: 3.0 * x, XS, constants=(1.0, 2.0)) is None
    assert found(lambda x: 3.0 * x, XS, constants=(1.0, 3.0)) == "3 * x"
    assert found(lambda x: -3.0 * x, XS, constants=(3.0,)) is None
    assert found(lambda x: 3.0 * (1.0 + 2e-6) * x, XS, constants=(3.0,)) == "3 * x"
    assert found(lambda x: 3.0 * (1.0 + 4e-6) * x, XS, constants=(3.0,)) is None


def test_the_numbers_may_be_off_by_a_millionth_and_not_by_ten():
    wobble = [1.0 + 1e-6 * (-1) ** k for k in range(len(XS))]
    assert str(product([5.0 * x * w for x, w in zip(XS, wobble, strict=True)], atoms([("x", XS)]))) == "5 * x"
    wobble = [1.0 + 1e-5 * (-1) ** k for k in range(len(XS))]
    assert product([5.0 * x * w for x, w in zip(XS, wobble, strict=True)], atoms([("x", XS)])) is None


def test_a_power_that_holds_at_the_first_two_points_only_is_none():
    numbers = [x * x for x in XS[:2]] + [x * x * x for x in XS[2:]]
    assert product(numbers, atoms([("x", XS)])) is None


def test_too_few_points_zeros_and_infinities_are_refused():
    known = atoms([("x", XS)])
    assert ENOUGH == 6
    assert product([2.0] * 5, known) is None
    assert str(product([2.0] * 6, atoms([("x", XS[:6])]))) == "2"
    for junk in (0.0, math.inf, math.nan):
        assert product([*[2.0] * 7, junk], known) is None


def test_plain_names_have_all_factors_and_compound_ones_the_first_few():
    names = [pattern.replace("{}", "x") for pattern, _ in FACTORS]
    known = atoms([("x", [0.2, 0.4, 0.7])])
    assert [atom.text for atom in known] == names
    assert len(atoms([("x[1]", [0.2, 0.4, 0.7])])) == len(FACTORS)
    few = atoms([("(x + y)", [0.2, 0.4, 0.7])])
    assert [atom.text for atom in few] == [
        *("(x + y)", "(1 - (x + y))", "(1 + (x + y))", "(1 - (x + y)**2)", "(1 + (x + y)**2)"),
        *("exp(x + y)", "log(x + y)", "log|(x + y)|"),
    ]
    assert len(few) == FOR_SUMS


def test_a_factor_that_is_0_or_undefined_somewhere_is_left_out():
    texts = [atom.text for atom in atoms([("x", [1.0, -2.0, 3.0])])]
    assert "x" in texts
    assert "(1 - x)" not in texts
    assert "log(x)" not in texts
    assert [a.text for a in atoms([("x", [800.0, 1.5])])].count("exp(x)") == 0


def test_an_atom_knows_its_logarithms_and_signs():
    x, *_ = atoms([("x", [1.0, -math.e])])
    assert x == Atom("x", 0.0, [0.0, 1.0], [False, True])


def test_the_first_base_is_the_plainest_and_a_sum_the_least():
    costs = {atom.text: atom.cost for atom in atoms([("x", XS), ("y", XS), ("(x + y)", XS)])}
    assert costs["x"] < costs["y"] < costs["(1 - x)"] < costs["(x + y)"] < costs["(1 + (x + y))"]
    assert str(product(XS, atoms([("x", XS), ("y", XS)]))) == "x"
    assert str(product(XS, atoms([("(y + 1)", XS), ("x", XS)]))) == "x"


def test_a_product_is_written_with_its_constant_first_if_it_is_not_1():
    assert str(Product(1.0, (("x", 1.0),))) == "x"
    assert str(Product(1.0, ())) == "1"
    assert str(Product(1.0 + 2e-6, (("x", 1.0),))) == "x"
    assert str(Product(1.0001, (("x", 1.0),))) == "1.0001 * x"
    assert str(Product(-1.0, (("x", 2.0), ("y", -0.5)))) == "-x**2/sqrt(y)"


def test_a_constant_of_1_is_plainer_than_minus_1_and_that_than_any_other():
    sevenfold, opposite = [7.0 * x for x in XS], [-x for x in XS]
    assert str(product(XS, atoms([("y", sevenfold), ("z", opposite), ("x", XS)]))) == "x"
    assert str(product(XS, atoms([("y", sevenfold), ("z", opposite)]))) == "-z"
    assert str(product(XS, atoms([("y", sevenfold)]))) == "1/7 * y"


@pytest.mark.parametrize("shift", range(20))
def test_two_factors_are_found_wherever_the_points_are(shift):
    xs = [x + 0.0137 * shift for x in XS]
    assert found(lambda x: 5.0 * x * math.exp(x), xs) == "5 * x * exp(x)"
    assert found(lambda x: math.cosh(x) ** -2 / x, xs) == "1/(x * cosh(x)**2)"


def test_infinite_factors_are_left_out():
    assert [a.text for a in atoms([("x", [1e200, 2.0])])].count("(1 - x**2)") == 0
    assert all(all(map(math.isfinite, a.logs)) for a in atoms([("x", [1e200, 2.0])]))

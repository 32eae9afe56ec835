"""A curve through measurements, and how sure its parameters are.

    python demos/work/curve_fit.py [--out curve_fit.svg]

Bacteria in waste water use oxygen: y mg per litre in x days, y = b1 (1 - exp(-b2 x)). The Jacobian of the
residuals leads to the b1 and b2 with the least sum of squares. The Hessian of this sum says how sure they
are: where the sum rises fast, a parameter is known well. The data and the certified answers are those of
NIST (BoxBOD), the institute of standards of the United States.
"""

import numpy
import paintings
from shown import answer, options, picture

import microgd
from microgd import func

DAYS = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0]
OXYGEN = [109.0, 149.0, 149.0, 191.0, 213.0, 224.0]


def used(b, days):
    return [b[0] * (1.0 - microgd.exp(-b[1] * x)) for x in days]


def residuals(b):
    return [found - y for found, y in zip(used(b, DAYS), OXYGEN)]


def squares(b):
    return microgd.sum([r * r for r in residuals(b)])


jacobian = microgd.compile(func.jacfwd(residuals))
hessian = microgd.compile(func.hessian(squares))


def fit(b):
    """The b with the least sum of squares: 20 times as if the residuals were straight lines."""
    for _ in range(20):
        step = numpy.linalg.lstsq(jacobian(b), residuals(b))[0]
        b = [x - s for x, s in zip(b, step.tolist())]
    return b


def main(file):
    b = fit([100.0, 0.75])
    variance = squares(b) / (len(DAYS) - 2)
    covariance = 2 * variance * numpy.linalg.inv(hessian(b))
    lines = numpy.array(jacobian(b))
    certified = numpy.sqrt(numpy.diag(variance * numpy.linalg.inv(lines.T @ lines)))
    answer("b1", b[0], 213.80940889)
    answer("b2", b[1], 0.54723748542)
    answer("sum of squares", squares(b), 1168.0088766)
    answer("deviation of b1, by the Jacobian", certified[0], 12.354515176)
    answer("deviation of b2, by the Jacobian", certified[1], 0.10455993237)
    deviations = numpy.sqrt(numpy.diag(covariance))
    print(f"By the Hessian: b1 = {b[0]:.1f} ± {deviations[0]:.1f}, b2 = {b[1]:.3f} ± {deviations[1]:.3f}")

    days = [k / 10 for k in range(141)]
    partials = numpy.array(func.jacfwd(lambda b: used(b, days))(b))
    sure = numpy.sqrt(numpy.einsum("ni,ij,nj->n", partials, covariance, partials))
    fitted = days, numpy.array(used(b, days)), sure
    plane = numpy.meshgrid(*[x + s * numpy.linspace(-3, 3, 61) for x, s in zip(b, deviations)])
    rises = [[squares([b1, b2]) for b1, b2 in zip(*row)] for row in zip(*(p.tolist() for p in plane))]
    rises = (numpy.array(rises) - squares(b)) / variance
    picture(file, paintings.curve_fit, DAYS, OXYGEN, b, covariance, fitted, plane, rises)


if __name__ == "__main__":
    main(options(out="curve_fit.svg").out)

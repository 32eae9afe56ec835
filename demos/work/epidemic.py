"""How fast does a disease spread? The parameters of a differential equation, from data.

    python demos/work/epidemic.py [--out epidemic.svg]

A school of 763 boys, and each day the number who were in bed with influenza (British Medical Journal, 4 March
1978). The model: the well meet the ill and fall ill, at the rate beta; the ill recover, at the rate gamma.

    well' = -beta well ill / 763        ill' = beta well ill / 763 - gamma ill

The partials by beta and gamma run through all steps of the solution. First the known answer: from numbers
that the model itself has made, beta and gamma must come out again.
"""

import numpy
import paintings
from shown import answer, options, picture

import microgd
from microgd import func

IN_BED = [3.0, 8.0, 26.0, 76.0, 225.0, 298.0, 258.0, 233.0, 189.0, 128.0, 68.0, 29.0, 14.0, 4.0]
STEPS = 8  # of Runge and Kutta in a day


def rates(well, ill, beta, gamma):
    new = beta * well * ill / 763.0
    return -new, new - gamma * ill


def in_bed(p):
    """The number of the ill in 13 days, step by step, by the method of Runge and Kutta. p: beta and gamma."""
    well, ill, h = 760.0, 3.0, 1.0 / STEPS
    found = [ill]
    for _ in range(13 * STEPS):
        w1, i1 = rates(well, ill, *p)
        w2, i2 = rates(well + h / 2 * w1, ill + h / 2 * i1, *p)
        w3, i3 = rates(well + h / 2 * w2, ill + h / 2 * i2, *p)
        w4, i4 = rates(well + h * w3, ill + h * i3, *p)
        well, ill = well + h / 6 * (w1 + 2 * w2 + 2 * w3 + w4), ill + h / 6 * (i1 + 2 * i2 + 2 * i3 + i4)
        found.append(ill)
    return found


@microgd.compile
def model(p):
    """in_bed(p), and the partials of each of its numbers by beta and gamma, in forward mode."""
    return in_bed(p), func.jacfwd(in_bed)(p)


def fit(data):
    """The p with the least squares, by the method of Gauss and Newton, and the covariance of p."""
    p = [1.5, 0.5]
    for _ in range(15):
        ill, partials = (numpy.array(numbers[::STEPS]) for numbers in model(p))
        p = (p - numpy.linalg.lstsq(partials, ill - data)[0]).tolist()
    variance = sum((ill - data) ** 2) / (len(data) - 2)
    return p, variance * numpy.linalg.inv(partials.T @ partials)


def main(file):
    (beta, gamma), _ = fit(in_bed([1.8, 0.4])[::STEPS])
    answer("beta of the model's own numbers", beta, 1.8)
    answer("gamma of the model's own numbers", gamma, 0.4)
    p, covariance = fit(IN_BED)
    sure = numpy.sqrt(numpy.diag(covariance))
    answer("beta of the school", p[0], 0.00218 * 763, within=0.05)  # as J. D. Murray,
    answer("gamma of the school", p[1], 0.00218 * 202, within=0.05)  # Mathematical Biology
    print(f"beta = {p[0]:.3f} ± {sure[0]:.3f}, gamma = {p[1]:.3f} ± {sure[1]:.3f} per day")
    print(f"Each ill boy infects {p[0] / p[1]:.1f} others at first.")

    betas, gammas = numpy.linspace(1.45, 1.95, 26), numpy.linspace(0.36, 0.54, 26)
    gaps = [
        [numpy.subtract(in_bed([b, g])[::STEPS], IN_BED) for b in betas.tolist()] for g in gammas.tolist()
    ]
    picture(file, paintings.epidemic, in_bed(p), IN_BED, p, covariance, betas, gammas, gaps)


if __name__ == "__main__":
    main(options(out="epidemic.svg").out)

"""The pictures of the scripts in this folder: what each paints on two diagrams, left and right."""

import math

import numpy


def greeks(prices, vols, spot, price, taylor, smile, found):
    """The price and its Taylor polynomials, and the volatilities found from prices."""
    xs, exact, first, second = numpy.array(taylor).T
    prices.plot(xs, exact, label="price")
    prices.plot(xs, price + first, "--", label="with delta")
    prices.plot(xs, price + first + second, ":", label="with delta and gamma")
    prices.plot(spot, price, "ko")
    prices.set(title="A call, and its Taylor polynomials", xlabel="spot", ylabel="price", ylim=(-5, 45))
    prices.legend()
    strikes, true = zip(*smile)
    vols.plot(strikes, true, label="the vols that made the prices")
    vols.plot(strikes, found, "ko", label="found from the prices")
    vols.set(title="A smile, from 17 prices", xlabel="strike", ylabel="implied vol")
    vols.legend()


def curve_fit(curve, plane, xs, ys, b, covariance, fitted, parameters, rises):
    """The fit with a band of two deviations; the sum of squares and the ellipses of its Hessian."""
    days, used, sure = fitted
    curve.fill_between(days, used - 2 * sure, used + 2 * sure, alpha=0.3, label="two deviations")
    curve.plot(days, used, label="the fit")
    curve.plot(xs, ys, "ko", label="measured")
    curve.set(title="The fit, and how sure it is", xlabel="days", ylabel="oxygen used, in mg per litre")
    curve.legend()
    plane.contour(*parameters, rises, [1, 4], colors="C0")
    for size in (1, 2):
        plane.plot(*ellipse(b, covariance, size), "C1--")
    plane.plot(*b, "ko")
    plane.plot([], [], "C0", label="the sum of squares, up by 1 and 4 variances")
    plane.plot([], [], "C1--", label="by the Hessian: 1 and 2 deviations")
    plane.set(title="b1 and b2 are known together", xlabel="b1", ylabel="b2")
    plane.legend(loc="lower left", fontsize=11)


def ellipse(centre, covariance, size):
    """The points that are `size` deviations from the centre."""
    turn = numpy.linspace(0, math.tau, 200)
    around = numpy.linalg.cholesky(covariance) @ [numpy.cos(turn), numpy.sin(turn)]
    return numpy.array(centre)[:, None] + size * around


def inverse_kinematics(plane, turns, film, arms):
    """The arm at some points of its path, and the angles of its joints."""
    for arm in arms[::12]:
        plane.plot(*zip(*arm), "o-", color="C0", alpha=0.35, markersize=5)
    plane.plot(*zip(*arms[0]), "o-", color="C0", linewidth=4, markersize=8)
    plane.plot(*zip(*[arm[-1] for arm in arms]), "C3", linewidth=3)
    plane.set(title="The hand draws a heart", aspect="equal", xlabel="x", ylabel="y")
    for name, angles in zip(("shoulder", "elbow", "wrist"), zip(*film)):
        turns.plot(numpy.degrees(angles), label=name)
    turns.set(title="What the joints do", xlabel="point of the path", ylabel="degrees", ylim=(-150, 180))
    turns.legend(ncols=3, loc="upper center")


def epidemic(days, plane, ill, data, p, covariance, betas, gammas, gaps):
    """The model and the data, and how well other parameters would fit."""
    days.plot(numpy.linspace(0, 13, len(ill)), ill, label="the model")
    days.plot(data, "ko", label="boys in bed")
    days.set(title="Influenza in a school, 1978", xlabel="day", ylabel="ill")
    days.legend()
    means = numpy.sqrt(numpy.mean(numpy.square(gaps), axis=2))
    plane.clabel(plane.contour(betas, gammas, means, [18, 20, 25, 30, 40, 50, 60], cmap="viridis"))
    plane.plot(*ellipse(p, covariance, 2), "C3--", label="two deviations")
    plane.plot(*p, "k*", markersize=14, label="the fit")
    plane.set(title="How far the model is from the data", xlabel="beta", ylabel="gamma")
    plane.legend(loc="upper left")


def double_pendulum(plane, apart, first, other, totals, seconds):
    """The ways of two lower masses, and how two differences grow."""
    for states, style, name in ((first, "C0", "the first"), (other, "C1--", "begins 0.000001 apart")):
        plane.plot(*zip(*[mass(state)[-1] for state in states[::10]]), style, linewidth=1.2, label=name)
    plane.plot(*zip(*mass(first[0])), "ko-", linewidth=3, markersize=9)
    plane.set(
        title="The way of the lower mass", aspect="equal", xlabel="x in m", ylabel="y in m", ylim=(-2.1, 3)
    )
    plane.legend(loc="upper center", ncols=2, fontsize=11)
    times = numpy.linspace(0, seconds, len(first))[::10]
    angles = [math.dist(x[:2], y[:2]) for x, y in zip(first[::10], other[::10])]
    apart.semilogy(times, angles, "C1", label="the angles of the two")
    drift = numpy.abs(numpy.array(totals[::10]) / totals[0] - 1)
    apart.semilogy(times, drift + 1e-16, "C2", linewidth=1, label="the energy, from its first value")
    apart.set(title="Chaos, but not in the energy", xlabel="seconds", ylabel="difference", ylim=(1e-16, 1e4))
    apart.legend(loc="upper left")


def mass(state):
    """Where the rods begin, meet and end."""
    x, y = math.sin(state[0]), -math.cos(state[0])
    return [(0.0, 0.0), (x, y), (x + math.sin(state[1]), y - math.cos(state[1]))]


def hamiltonian(plane, counts, xs, ys, ways):
    """The draws with some ways of the ball, and how often each x was drawn."""
    plane.plot(xs[:2000], ys[:2000], ".", alpha=0.3, label="draws", rasterized=True)
    for way in ways:
        plane.plot(*zip(*way), "C1.-", linewidth=1.5)
    plane.plot([], [], "C1.-", label="three ways of the ball")
    plane.set(title="A bent valley", xlabel="x", ylabel="y", ylim=(-2, 7))
    plane.legend(loc="upper center")
    counts.hist(xs, 50, density=True, alpha=0.4, label="draws")
    x = numpy.linspace(-4, 4, 161)
    counts.plot(x, numpy.exp(-x * x / 2) / math.sqrt(math.tau), label="the normal density")
    counts.set(title="x alone", xlabel="x", ylabel="density")
    counts.legend()

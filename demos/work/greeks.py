"""What an option is worth, how its price moves, and the volatility that the market expects.

    python demos/work/greeks.py [--out greeks.svg]

The price of a call is the formula of Black and Scholes. Its derivatives have Greek names, and traders buy and
sell by them. The gradient holds four of them, the Hessian more. The volatility that explains a market price
is the root of an equation, found by Newton's method. Its derivatives come from the equation, and not from the
steps.
"""

import math

import paintings
from shown import answer, options, picture

import microgd
from microgd import Value, func
from microgd.autograd import Function


def normal(x):
    return 0.5 * microgd.erfc(-x / math.sqrt(2.0))


def call(spot, vol, years, rate, strike):
    """The price of the right to buy at `strike` in `years`."""
    spread = vol * microgd.sqrt(years)
    d1 = (microgd.log(spot / strike) + (rate + 0.5 * vol**2) * years) / spread
    return spot * normal(d1) - strike * microgd.exp(-rate * years) * normal(d1 - spread)


gradient = microgd.compile(func.grad_and_value(call, argnums=(0, 1, 2, 3)))


class ImpliedVol(Function):
    """The vol with call(vol, ...) = price: d vol / d price = 1 / vega, d vol / d spot = -delta / vega"""

    @staticmethod
    def forward(ctx, price, spot, years, rate, strike):
        vol = math.sqrt(2.0 * abs(math.log(spot / strike) + rate * years) / years) or 0.2
        for _ in range(30):
            ctx.partials, value = gradient(spot, vol, years, rate, strike)
            vol -= (value - price) / ctx.partials[1]
        return vol

    @staticmethod
    def backward(ctx, grad):
        delta, vega, by_years, rho = ctx.partials
        return grad / vega, -grad * delta / vega, -grad * by_years / vega, -grad * rho / vega, None


def main(file):
    point = spot, vol, years, rate, strike = 105.0, 0.25, 0.5, 0.03, 100.0
    (delta, vega, _, rho), price = gradient(*point)
    d1 = (math.log(spot / strike) + (rate + vol**2 / 2) * years) / (vol * math.sqrt(years))
    density = math.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    discounted = strike * math.exp(-rate * years)
    (gamma, vanna), (_, vomma) = func.hessian(call, argnums=(0, 1))(*point)
    answer("delta = d price / d spot", delta, float(normal(d1)))
    answer("vega = d price / d vol", vega, spot * density * math.sqrt(years))
    answer("rho = d price / d rate", rho, discounted * years * normal(d1 - vol * math.sqrt(years)))
    answer("gamma = d delta / d spot", gamma, density / (spot * vol * math.sqrt(years)))
    answer("vanna = d delta / d vol", vanna, -density * (d1 / vol - math.sqrt(years)))
    answer("vomma = d vega / d vol", vomma, vega * d1 * (d1 / vol - math.sqrt(years)))

    market, moved = Value(price), Value(spot)
    implied = ImpliedVol.apply(market, moved, years, rate, strike)
    implied.backward()
    answer("implied vol", implied.data, vol)
    answer("d implied vol / d price", market.grad, 1 / vega)
    answer("d implied vol / d spot", moved.grad, -delta / vega)

    taylor = [
        (x, call(x, *point[1:]), delta * (x - spot), gamma * (x - spot) ** 2 / 2) for x in range(70, 141)
    ]
    smile = [(k, 0.2 + 0.3 * math.log(k / 110) ** 2 - 0.08 * math.log(k / 110)) for k in range(70, 151, 5)]
    quotes = [call(spot, v, years, rate, k) for k, v in smile]
    found = [ImpliedVol.apply(quote, spot, years, rate, k) for quote, (k, _) in zip(quotes, smile)]
    picture(file, paintings.greeks, spot, price, taylor, smile, found)


if __name__ == "__main__":
    main(options(out="greeks.svg").out)

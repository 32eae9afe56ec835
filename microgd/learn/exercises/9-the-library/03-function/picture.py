from microgd.learn.pictures import Curve, Guess

picture = Curve(
    lambda g: g,
    low=-5.0,
    high=5.0,
    x="g",
    y="gradient of x, without a limit",
)
guess = Guess("The limit is 2, and g, the upstream gradient, is -4. What should the gradient of x be?", -2.0)

from microgd.learn.pictures import Curve, Guess

picture = Curve(
    lambda b: abs(2.0 - b) / max(2.0, abs(b)), low=0.0, high=8.0, x="b", y="relative error of 2 and b"
)
guess = Guess("What is the relative error of 2 and 4?", 0.5)

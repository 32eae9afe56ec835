from microgd.learn.pictures import Curve, Guess

picture = Curve(
    lambda k: 1.5**k, low=0.0, high=10.0, x="layer", y="size, if each layer makes it 1.5 times as large"
)
guess = Guess("How large is it after 10 layers?", 1.5**10)

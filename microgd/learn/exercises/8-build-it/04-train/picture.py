import microgd
from microgd import nn, optim
from microgd.learn.pictures import Curve, Guess

microgd.manual_seed(1113835)
model = nn.Linear(4, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
losses = []
for _ in range(10):
    optimizer.zero_grad()
    loss = nn.MSELoss()(model([0.8, 0.4, 0.4, 0.2]), [1.0, 0.0])
    loss.backward()
    losses.append(loss.item())
    optimizer.step()

factor = losses[1] / losses[0]
dots = list(enumerate(losses))
picture = Curve(lambda k: losses[0] * factor**k, low=0.0, high=9.0, x="step", y="loss", dots=dots)
guess = Guess("By which number is the loss multiplied in each step?", factor)

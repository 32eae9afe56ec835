"""One head of causal attention with a mask in a buffer, trained to repeat what stood one place before."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(7)
LENGTH, WIDTH, SYMBOLS = 4, 3, 3


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Parameter(torch.rand(SYMBOLS, WIDTH) - 0.5)
        self.place = nn.Parameter(torch.rand(LENGTH, WIDTH) - 0.5)
        self.query = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.float64)
        self.key = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.float64)
        self.out = nn.Linear(WIDTH, SYMBOLS, dtype=torch.float64, device="cpu")
        self.register_buffer("mask", torch.tril(torch.ones(LENGTH, LENGTH)))
        self.register_buffer("calls", torch.tensor(0), persistent=False)

    def forward(self, symbols):
        self.calls += 1
        x = F.one_hot(symbols, SYMBOLS).double() @ self.embed + self.place
        scores = self.query(x) @ self.key(x).transpose(-2, -1) / math.sqrt(WIDTH)
        scores = scores.masked_fill(self.mask == 0, float("-inf"))
        return self.out(F.softmax(scores, dim=-1) @ x)


model = Causal()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
symbols = torch.randint(0, SYMBOLS, (2, LENGTH))
for step in range(12):
    logits = model(symbols)[:, 1:]
    loss = F.cross_entropy(logits.reshape(-1, SYMBOLS), symbols[:, :-1].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 4 == 3:
        print(step, loss.item())

print([name for name in model.state_dict() if name == "mask"], model.calls.item(), len(list(model.buffers())))
model.eval()
print(torch.where(model(symbols).argmax(-1) == symbols))
print(model(symbols)[0, -1].tolist())

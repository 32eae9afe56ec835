"""A recurrent cell written by hand, unrolled over a sequence; its gradients are clipped."""

import math

import torch
import torch.nn as nn


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        return self.h2o(hidden), hidden

    def init_hidden(self, batch=1):
        return torch.zeros(batch, self.hidden_size)


torch.manual_seed(2)
time = torch.arange(0, 13, dtype=torch.float32) * (2 * math.pi / 12)
wave = torch.sin(time).view(-1, 1, 1)
print(wave.size())

rnn = RNN(1, 5, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(rnn.parameters(), lr=0.02)

for epoch in range(12):
    hidden = rnn.init_hidden()
    loss = 0.0
    for t in range(len(wave) - 1):
        output, hidden = rnn(wave[t], hidden)
        loss = loss + criterion(output, wave[t + 1])
    loss = loss / (len(wave) - 1)

    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(rnn.parameters(), max_norm=0.5)
    optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch} loss {loss.item():.6f} norm {norm.item():.4f}")

with torch.no_grad():
    hidden = rnn.init_hidden()
    outputs = []
    for t in range(4):
        output, hidden = rnn(wave[t], hidden)
        outputs.append(output)
    print(torch.stack(outputs).squeeze())
print(hidden.shape, hidden.requires_grad)

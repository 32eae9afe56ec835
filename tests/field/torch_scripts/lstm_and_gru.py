"""Recurrent layers: an LSTM continues waves, and a GRU reads in both directions and tells sequences apart."""

import torch
from torch import nn


class Forecaster(nn.Module):
    def __init__(self, hidden_size=4, num_layers=2):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x, state=None):
        out, state = self.lstm(x, state)
        return self.fc(out), state


torch.manual_seed(4)
t = torch.arange(9, dtype=torch.float32)
waves = torch.stack([torch.sin(0.6 * t + phase) for phase in (0.0, 1.0, 2.0)]).unsqueeze(-1)
print(waves.shape)

model = Forecaster()
print(model)
print(sum(p.numel() for p in model.parameters()), "parameters")
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
criterion = nn.MSELoss()
for epoch in range(6):
    optimizer.zero_grad()
    prediction, _ = model(waves[:, :-1])
    loss = criterion(prediction, waves[:, 1:])
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if epoch % 2 == 1:
        print(f"epoch {epoch} loss {loss.item():.6f}")

model.eval()
with torch.no_grad():
    x, state = waves[:1, :1], None
    for _ in range(3):
        x, state = model(x, state)
        print(f"{x.item():.5f}")
    print(state[0].shape, state[1].shape)


class Reader(nn.Module):
    def __init__(self, vocabulary=4, hidden_size=3):
        super().__init__()
        self.gru = nn.GRU(vocabulary, hidden_size, bidirectional=True)
        self.act = nn.PReLU()
        self.fc = nn.Linear(2 * hidden_size, 2)

    def forward(self, words):
        _, h = self.gru(torch.nn.functional.one_hot(words, 4).float())
        return self.fc(self.act(torch.cat([h[0], h[1]], dim=1)))


words = torch.tensor([[0, 1, 2], [2, 1, 0], [3, 1, 3], [0, 3, 2]]).t()
labels = torch.tensor([0, 1, 1, 0])
reader = Reader()
sgd = torch.optim.SGD(reader.parameters(), lr=0.5, momentum=0.9)
for epoch in range(8):
    loss = nn.functional.cross_entropy(reader(words), labels)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
print(f"loss {loss.item():.5f}", reader(words).argmax(dim=1).tolist())
for name, p in reader.named_parameters():
    print(name, tuple(p.shape))

cell = nn.LSTMCell(2, 3)
h = c = torch.zeros(1, 3)
for step in range(3):
    h, c = cell(torch.tensor([[1.0, float(step)]]), (h, c))
print(cell, h)

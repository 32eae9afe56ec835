"""A bigram language model: counts, then an embedding table of logits trained by cross entropy."""

import torch
import torch.nn as nn
from torch.nn import functional as F

words = ["anna", "hannah", "nan", "hanna"]
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
V = len(stoi)

# By counting.
N = torch.zeros((V, V), dtype=torch.int32)
xs, ys = [], []
for w in words:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        N[stoi[ch1], stoi[ch2]] += 1
        xs.append(stoi[ch1])
        ys.append(stoi[ch2])
P = (N + 1).float()
P /= P.sum(1, keepdim=True)
xs, ys = torch.tensor(xs), torch.tensor(ys)
log_likelihood = torch.log(P[xs, ys])
print("by counting:", -log_likelihood.mean().item())


# By gradient descent.
class Bigram(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab_size, vocab_size)
        nn.init.zeros_(self.token_embedding_table.weight)

    def forward(self, idx, targets=None):
        logits = self.token_embedding_table(idx)
        if targets is None:
            return logits, None
        T, C = logits.shape
        return logits, F.cross_entropy(logits.view(T, C), targets.view(T))


model = Bigram(V)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
torch.manual_seed(1)
for k in range(30):
    ix = torch.randint(0, len(xs), (16,))
    logits, loss = model(xs[ix], ys[ix])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if k % 10 == 9:
        print(k, loss.item())

ix, out = 0, []
for _ in range(8):
    logits, _ = model(torch.tensor([ix]))
    ix = torch.argmax(F.softmax(logits, dim=-1), dim=-1).item()
    out.append(itos[ix])
print("".join(out), F.one_hot(torch.tensor([2, 0]), num_classes=V).float())

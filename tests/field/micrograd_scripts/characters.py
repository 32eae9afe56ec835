"""Names character by character: a table of embeddings, a hidden layer, some letters that never come."""

import random

from engine import Value

random.seed(7)
words = ["ana", "bob", "nan", "abba"]
chars = ["."] + sorted(set("".join(words)) | {"x", "y"})
stoi = {ch: i for i, ch in enumerate(chars)}
print(len(chars), stoi["x"])

block, width, hidden = 2, 3, 4
C = [[Value(random.uniform(-1, 1)) for _ in range(width)] for _ in chars]
W1 = [[Value(random.uniform(-0.5, 0.5)) for _ in range(block * width)] for _ in range(hidden)]
b1 = [Value(0) for _ in range(hidden)]
W2 = [[Value(random.uniform(-0.5, 0.5)) for _ in range(hidden)] for _ in chars]
params = [p for table in (C, W1, W2) for row in table for p in row] + b1
print(len(params), sum(p.grad for p in params))


def logits(context):
    x = [v for i in context for v in C[i]]
    h = [(sum(w * xi for w, xi in zip(row, x)) + b).tanh() for row, b in zip(W1, b1)]
    return [sum(w * hi for w, hi in zip(row, h)) for row in W2]


def cross_entropy(row, target):
    top = max(v.data for v in row)
    counts = [(v - top).exp() for v in row]
    return -(counts[target] / sum(counts)).log()


for step in range(4):
    losses = []
    for word in words[step % 2 :: 2]:
        context = [0] * block
        for ch in word + ".":
            losses.append(cross_entropy(logits(context), stoi[ch]))
            context = context[1:] + [stoi[ch]]
    loss = sum(losses) / len(losses) + 0.01 * sum(p**2 for row in W2 for p in row)
    for p in params:
        p.grad = 0
    loss.backward()
    print(step, loss.data, sum(p.grad**2 for p in params) ** 0.5)
    for p in params:
        p.data += -0.5 * p.grad

# A letter that never comes has an embedding without a gradient.
print([p.grad for p in C[stoi["x"]]], sum(abs(p.grad) for p in C[stoi["a"]]) > 0)
row = [v.data for v in logits([0, stoi["a"]])]
print(row.index(max(row)), max(row))

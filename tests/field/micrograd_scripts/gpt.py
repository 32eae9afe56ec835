"""A transformer on scalars in one file: embeddings, rmsnorm, four heads, squared relu, Adam by hand."""

import random

from engine import Value

random.seed(42)
docs = ["emma", "ava", "mia", "ada"]
uchars = sorted(set("".join(docs)))
BOS = len(uchars)
vocab_size = len(uchars) + 3  # the last two tokens never occur

n_embd, n_head, block_size = 8, 4, 6
head_dim = n_embd // n_head


def matrix(nout, nin, std=0.08):
    return [[Value(random.gauss(0, std)) for _ in range(nin)] for _ in range(nout)]


state_dict = {"wte": matrix(vocab_size, n_embd), "wpe": matrix(block_size, n_embd)}
for name in ("wq", "wk", "wv", "wo"):
    state_dict[name] = matrix(n_embd, n_embd)
state_dict["fc1"] = matrix(2 * n_embd, n_embd)
state_dict["fc2"] = matrix(n_embd, 2 * n_embd)
state_dict["lm_head"] = matrix(vocab_size, n_embd)
params = [p for mat in state_dict.values() for row in mat for p in row]
print("parameters", len(params))


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(wo, x)) for wo in w]


def softmax(logits):
    max_val = max(val.data for val in logits)
    exps = [(val - max_val).exp() for val in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x):
    ms = sum(xi * xi for xi in x) / len(x)
    scale = (ms + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def gpt(token_id, pos_id, keys, values):
    x = [t + p for t, p in zip(state_dict["wte"][token_id], state_dict["wpe"][pos_id])]
    x = rmsnorm(x)
    q, k, v = (linear(x, state_dict[name]) for name in ("wq", "wk", "wv"))
    keys.append(k)
    values.append(v)
    attended = []
    for h in range(n_head):
        part = slice(h * head_dim, (h + 1) * head_dim)
        logits = [sum(a * b for a, b in zip(q[part], kt[part])) / head_dim**0.5 for kt in keys]
        weights = softmax(logits)
        attended += [sum(w * vt[part][j] for w, vt in zip(weights, values)) for j in range(head_dim)]
    x = [a + b for a, b in zip(linear(attended, state_dict["wo"]), x)]
    hidden = [xi.relu() ** 2 for xi in linear(rmsnorm(x), state_dict["fc1"])]
    x = [a + b for a, b in zip(linear(hidden, state_dict["fc2"]), x)]
    return linear(x, state_dict["lm_head"])


learning_rate, beta1, beta2, eps = 0.05, 0.9, 0.95, 1e-8
m, v = [0.0] * len(params), [0.0] * len(params)
for step in range(4):
    tokens = [BOS] + [uchars.index(ch) for ch in docs[step]] + [BOS]
    keys, values, losses = [], [], []
    for pos_id in range(len(tokens) - 1):
        probs = softmax(gpt(tokens[pos_id], pos_id, keys, values))
        losses.append(-probs[tokens[pos_id + 1]].log())
    loss = (1 / len(losses)) * sum(losses)
    loss.backward()

    for i, p in enumerate(params):
        m[i] = beta1 * m[i] + (1 - beta1) * p.grad
        v[i] = beta2 * v[i] + (1 - beta2) * p.grad**2
        m_hat, v_hat = m[i] / (1 - beta1 ** (step + 1)), v[i] / (1 - beta2 ** (step + 1))
        p.data -= learning_rate * m_hat / (v_hat**0.5 + eps)
        p.grad = 0
    print(f"step {step} | loss {loss.data!r}")

"""A language model, letter by letter: it learns from a list of names, and makes up new ones.

    python demos/names.py           trains on names.txt, and prints twenty names of its own

The model is a transformer of one layer with one attention head. Given the letters so far, it says for
each letter how likely it is to come next. In eager mode a step learns from four names and takes about a
tenth of a second, because the graph of every letter of every name is built anew. So the model is small
(width 16, 3,227 parameters) and sees most names only once or twice.

`microgd.compile` builds the graph of one name, once, and makes machine code of it. Then there is time for
a wider model (width 24, 6,363 parameters), for 16 names in a step, and for all names 22 times.
"""

import argparse
import math
import random
from pathlib import Path

import compiled
from options import count
from progress import Progress

import microgd
from microgd import nn, optim

ALPHABET = ".abcdefghijklmnopqrstuvwxyz"  # the dot stands before and after each name
LONGEST = 12
EAGER = {"width": 16, "batch": 4, "steps": 400}
COMPILED = {"width": 24, "batch": 16, "steps": 1500}
TEMPERATURE = 0.7  # of the draws: at 1 as the model says, towards 0 always the likeliest letter


class Attention(nn.Module):
    """One head: each letter asks all letters up to itself, and takes from those that answer.

    out_t = Σ_s a_ts v_s   with   a_t = softmax over s ≤ t of q_t · k_s / sqrt(width)

    Vaswani et al. 2017, "Attention is all you need".
    """

    def __init__(self, width):
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.project = nn.Linear(width, width, bias=False)
        self.scale = 1 / math.sqrt(width)

    def forward(self, x):
        """(letters, width) to (letters, width)"""
        queries, keys, values = self.query(x), self.key(x), self.value(x)
        mixed = []
        for t, query in enumerate(queries, start=1):
            attention = microgd.softmax([microgd.dot(query, key) * self.scale for key in keys[:t]])
            mixed.append([microgd.dot(attention, feature) for feature in zip(*values[:t], strict=True)])
        return self.project(mixed)


class LanguageModel(nn.Module):
    """Letters in; for each, a score of every letter that might come next."""

    def __init__(self, letters, width, longest):
        super().__init__()
        self.letter = nn.Embedding(letters, width)
        self.place = nn.Embedding(longest, width)
        self.norm1 = nn.RMSNorm(width)
        self.attention = Attention(width)
        self.norm2 = nn.RMSNorm(width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.norm3 = nn.RMSNorm(width)
        self.answer = nn.Linear(width, letters)

    def forward(self, letters):
        """(letters,) to (letters, scores)"""
        x = self.letter(letters) + self.place(list(range(len(letters))))
        x = x + self.attention(self.norm1(x))
        x = x + self.think(self.norm2(x))
        return self.answer(self.norm3(x))


def encoded(name):
    """The numbers of the letters of `.name.`"""
    return [ALPHABET.index(letter) for letter in f".{name}."]


def losses(model, names):
    """How surprised the model is by every letter of every name, on average: -log of its probability."""
    scores, targets = [], []
    for name in names:
        letters = encoded(name)
        scores.extend(model(letters[:-1]))
        targets.extend(letters[1:])
    return nn.functional.cross_entropy(scores, targets)


def train(model, names, steps, batch, rng):
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    schedule = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=steps)
    progress = Progress(steps)
    recent = None
    for _ in progress:
        optimizer.zero_grad()
        loss = losses(model, rng.sample(names, batch))
        loss.backward()
        optimizer.step()
        schedule.step()
        recent = loss.item() if recent is None else 0.95 * recent + 0.05 * loss.item()
        progress.tell(f"loss {recent:.3f}")


def padded(names):
    """The letters of each name, those that come next, and their weights: 12 of each, whatever the name.

    Compiled code does the same for every name. So a name is filled up, and what is filled up has weight 0.
    The other weights make the mean over the names a mean over all letters.
    """
    weight = len(names) / sum(len(name) + 1 for name in names)
    rows = []
    for name in names:
        letters, padding = encoded(name), [0] * (LONGEST - len(name) - 1)
        weights = [weight] * (len(name) + 1) + [0.0] * len(padding)
        rows.append((letters[:-1] + padding, letters[1:] + padding, weights))
    return [list(column) for column in zip(*rows, strict=True)]


def compiled_loss(model):
    """`losses` for padded names. It is written for one name."""

    @microgd.compile(in_dims=(0, 0, 0), reduce="mean")
    def loss(letters, targets, weights):
        surprises = nn.functional.cross_entropy(model(letters), targets, reduction="none")
        return microgd.dot(surprises, weights)

    return loss


def train_compiled(model, names, steps, batch, rng):
    optimizer = optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    schedule = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=steps)
    print(
        "The first step takes some seconds: compiling. The next run will find the code on the disk.",
        flush=True,
    )
    loop = microgd.compile(compiled_loss(model), optimizer=optimizer)
    with Progress(steps) as progress:
        loop(
            *padded(names),
            steps=steps,
            batch_size=batch,
            shuffle=True,
            seed=rng.random(),
            scheduler=schedule,
            callback=progress.after,
            every=max(1, steps // 100),
        )


def invent(model, rng):
    """A new name: draw letter after letter, the likely ones more often, until it draws the dot."""
    letters = [0]
    with microgd.no_grad():
        while len(letters) < LONGEST:
            chances = microgd.softmax(model(letters)[-1] / TEMPERATURE)
            letters += rng.choices(range(len(ALPHABET)), [p.item() for p in chances])
            if letters[-1] == 0:
                break
    return "".join(ALPHABET[i] for i in letters).strip(".")


def main():
    parser = argparse.ArgumentParser(description="Train a language model on names, and make up new ones.")
    parser.add_argument("--steps", type=count, help="of training (400; compiled 1500)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (%(default)s)")
    compiled.add_option(parser)
    options = parser.parse_args()

    names = Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split()
    rng = random.Random(options.seed)
    rng.shuffle(names)
    test, learn = names[:100], names[100:]
    microgd.manual_seed(options.seed)
    how, size = (train_compiled, COMPILED) if compiled.chosen(options.compile) else (train, EAGER)
    model = LanguageModel(len(ALPHABET), size["width"], LONGEST)
    print(f"{len(learn)} names to learn from, {sum(p.numel() for p in model.parameters())} numbers to train")
    how(model, learn, options.steps or size["steps"], size["batch"], rng)

    with microgd.no_grad():
        loss = losses(model, test).item()
    print(
        f"Loss on {len(test)} names never seen: {loss:.3f} (guessing blindly: {math.log(len(ALPHABET)):.3f})"
    )
    print("\nNames of its own (* stands in the list):")
    invented = [invent(model, rng) for _ in range(20)]
    for i in range(0, 20, 5):
        print("  ".join(f"{name + '*' * (name in names):13}" for name in invented[i : i + 5]))


if __name__ == "__main__":
    main()

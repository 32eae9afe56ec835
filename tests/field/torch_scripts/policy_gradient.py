"""A bandit with three arms: a policy learns by REINFORCE, with a baseline, which arm pays."""

import torch
from torch import nn
from torch.distributions import Categorical


class Policy(nn.Module):
    def __init__(self, arms):
        super().__init__()
        self.heads = nn.ModuleDict({"actor": nn.Linear(1, arms), "critic": nn.Linear(1, 1)})
        self.temperature = nn.ParameterDict({"t": nn.Parameter(torch.ones(1))})

    def forward(self, x):
        return Categorical(logits=self.heads["actor"](x) / self.temperature["t"]), self.heads["critic"](x)


torch.manual_seed(11)
policy = Policy(3)
optimizer = torch.optim.Adam(policy.parameters(), lr=0.05)
pays = torch.tensor([0.1, 0.3, 0.9])
state = torch.ones(1)
for episode in range(60):
    dist, baseline = policy(state)
    actions = dist.sample((8,))
    rewards = pays[actions]
    advantage = rewards - baseline
    loss = -(dist.log_prob(actions) * advantage.detach()).mean() + advantage.pow(2).mean()
    loss = loss - 0.01 * dist.entropy()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 20 == 0:
        print(episode, round(loss.item(), 4), rewards.mean().item())

dist, baseline = policy(state)
print([round(p, 4) for p in dist.probs.tolist()], dist.probs.argmax().item(), baseline.item())
print(list(policy.state_dict()), policy.get_parameter("heads.actor.bias").shape)
print(policy.get_submodule("heads.critic"))

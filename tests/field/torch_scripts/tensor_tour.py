"""A first tour of tensors: making them, their shapes, indexing, joining, arithmetic, in-place changes."""

import torch

data = [[1, 2], [3, 4]]
x_data = torch.tensor(data, dtype=torch.float32)
print(x_data)

x_ones = torch.ones_like(x_data)
x_zeros = torch.zeros(2, 3)
print(f"Ones: \n {x_ones} \n")
print(f"Zeros: \n {x_zeros} \n")

torch.manual_seed(0)
tensor = torch.rand(3, 4)
print(f"Shape of tensor: {tensor.shape}")
print(f"Number of dimensions: {tensor.dim()}, of elements: {tensor.numel()}")
print(tensor)

print("First row:", tensor[0])
print("First column:", tensor[:, 0])
print("Last column:", tensor[..., -1])
tensor[:, 1] = 0
print(tensor)

t1 = torch.cat([tensor, tensor, tensor], dim=1)
print(t1.shape, t1.sum().item())
print(torch.stack([x_data, x_ones]).size())

# The matrix product in two ways, and the product element by element.
y1 = tensor @ tensor.T
y2 = torch.matmul(tensor, tensor.t())
print(torch.allclose(y1, y2), y1)
z = tensor * tensor
print(z.mul(2.0))

agg = tensor.sum()
print(agg.item(), type(agg.item()).__name__)
print(tensor.sum(dim=0), tensor.mean(dim=1), tensor.max().item())

tensor.add_(5)
print(tensor)

steps = torch.arange(12).view(3, 4)
print(steps.reshape(2, 6), steps[1, 2].item(), steps.size(0))
print(steps.unsqueeze(0).shape, steps.unsqueeze(0).squeeze(0).shape, steps.flatten().tolist())
print(torch.linspace(0, 1, 5), torch.eye(3), torch.full((2, 2), 7.0))

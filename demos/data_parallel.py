"""Data-parallel training: the two moons on several devices, each of which sees a part of the points.

    python demos/data_parallel.py       trains on one device, then on four, and compares the losses

The loss is written for one point, as always, and `microgd.compile` traces it. Printed for jax, it is an
ordinary jax function of arrays: the parameters, and the points in columns. A point's contributions to the
loss and to the gradient are only added up. So each device computes those of its own points, and one sum
over all devices (`psum`) gives the loss and the gradient of the whole batch.

The four devices here are threads of this processor: XLA pretends. On real ones, GPUs or machines in a
network, the printed function and `shard_map` stay as they are. Other things change. The parameters and
Adam's state should stay on the devices, and the step should be computed there, because each copy from and to
Python costs more than the step. Each machine loads its own part of the data and calls
`jax.distributed.initialize` first. The batch grows with the number of devices, so that each has enough to do
while the sum goes over the wires. GPUs compute in single precision much faster than in double. And a sum
over devices has another order than one over samples, so that the last digits differ from those on one device.
"""

import argparse
import os

import two_moons
from options import count

import microgd
from microgd import nn, optim


def compiled_loss(model, points, labels):
    """The loss of the model, traced."""
    criterion = nn.BCEWithLogitsLoss()

    @microgd.compile(in_dims=(0, 0), reduce="mean", backend="python")
    def loss(point, label):
        return criterion(model(point), label)

    with microgd.no_grad():
        loss(points, labels)
    return loss


def training(devices, steps, seed):
    """The loss at each step of the training on so many devices."""
    import jax
    from jax.sharding import Mesh, PartitionSpec

    from microgd.jit import arrays

    points, labels = two_moons.moons(100, 0.1, seed)
    own = jax.numpy.array([[*point, *label] for point, label in zip(points, labels, strict=True)]).T
    microgd.manual_seed(seed)
    model = two_moons.network()
    loss = compiled_loss(model, points, labels)
    value_and_grad = arrays.value_and_grad(loss, "jax")

    def of_one_part(parameters, part):
        """The loss and the gradient of the whole batch, on a device that sees a part of it."""
        return jax.lax.psum(value_and_grad(parameters, part, len(points)), "data")

    step = jax.jit(
        jax.shard_map(
            of_one_part,
            mesh=Mesh(jax.devices()[:devices], ("data",)),
            in_specs=(PartitionSpec(), PartitionSpec(None, "data")),  # each device has a part of the columns
            out_specs=PartitionSpec(),
        )
    )
    optimizer = optim.Adam(loss.parameters, lr=0.02)
    losses = []
    for _ in range(steps):
        value, gradient = step(jax.numpy.array([p.item() for p in loss.parameters]), own)
        for p, partial in zip(loss.parameters, gradient.tolist(), strict=True):
            p.grad = partial
        optimizer.step()
        losses.append(value.item())
    return losses


def main():
    parser = argparse.ArgumentParser(description="Train a network on several devices.")
    parser.add_argument("--steps", type=count, default=50, help="of training (%(default)s)")
    parser.add_argument("--devices", type=int, default=4, choices=(2, 4, 5, 10), help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of points and weights (%(default)s)")
    options = parser.parse_args()

    # Both are read when jax is imported.
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={options.devices}"
    os.environ["JAX_ENABLE_X64"] = "1"
    try:
        import jax
    except ImportError:
        raise SystemExit('This demo needs jax: pip install "microgd[jax]"') from None

    print(f"{len(jax.devices())} devices")
    one = training(1, options.steps, options.seed)
    several = training(options.devices, options.steps, options.seed)
    for i in range(0, options.steps, max(1, options.steps // 10)):
        print(f"step {i + 1:5d}: loss {one[i]:.12f} on 1 device, {several[i]:.12f} on {options.devices}")
    difference = max(abs(a - b) for a, b in zip(one, several, strict=True))
    print(f"The largest difference: {difference:.1e}")


if __name__ == "__main__":
    main()

"""Times training steps and forward passes of the PyTorch models on one thread; prints JSON like `egnn bench --json`."""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

import torch
from models import MODELS, complete_edges
from torch import Tensor, nn

BODIES = 5
WARM_UP = 10
FEWEST = 5
SEED = 1
# What `egnn bench` sets; the time does not depend on them.
LEARNING_RATE = 1e-4
WEIGHT_DECAY = 1e-12


def random_inputs(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
    """Positions, velocities, charges of -1 or +1 and the edges of complete graphs; and target positions."""
    generator = torch.Generator().manual_seed(SEED)
    nodes = batch * BODIES
    x, v, target = (torch.randn(nodes, 3, generator=generator) for _ in range(3))
    charge = 2.0 * torch.randint(2, (nodes, 1), generator=generator) - 1.0
    return (x, v, charge, *complete_edges(batch, BODIES)), target


def median_ms(work: Callable[[], object], seconds: float) -> float:
    """Median milliseconds of `work`, repeated for so many seconds after a warm-up."""
    for _ in range(WARM_UP):
        work()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def time_model(name: str, batch: int, seconds: float) -> dict[str, object]:
    """A row of the report; half of the seconds go to training steps, half to forward passes."""
    torch.manual_seed(SEED)
    model = MODELS[name]()
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    inputs, target = random_inputs(batch)

    def step() -> None:
        adam.zero_grad()
        nn.functional.mse_loss(model(*inputs), target).backward()
        adam.step()

    train_ms = median_ms(step, seconds / 2)
    with torch.no_grad():
        forward_ms = median_ms(lambda: model(*inputs), seconds / 2)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {
        "task": "nbody",
        "model": name,
        "train_ms": train_ms,
        "forward_ms": forward_ms,
        "parameters": parameters,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="default: all")
    parser.add_argument("--seconds", type=float, default=3.0, help="to measure a model for (default 3)")
    parser.add_argument("--batch", type=int, default=100, help="graphs a batch (default 100)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    report = {
        "torch": torch.__version__,
        "path": torch.backends.cpu.get_cpu_capability(),
        "rows": [time_model(name, args.batch, args.seconds) for name in args.models],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()

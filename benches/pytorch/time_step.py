"""Times training steps and forward passes of the PyTorch models on one thread; prints JSON like `egnn bench --json`."""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import autoencoder
import nbody
import qm9
import torch
from layers import complete_edges
from torch import Tensor, nn

BODIES = 5
BATCH = 100
# The autoencoder's graphs: one of each size, with edges at this probability.
SIZES = range(7, 17)
EDGE_PROBABILITY = 0.25
WARM_UP = 10
FEWEST = 5
SEED = 1
# What `egnn bench` sets; the time does not depend on it.
LEARNING_RATE = 1e-4


@dataclass
class Work:
    """One timed repetition of each kind, and how many steps it is."""

    train: Callable[[], object]
    forward: Callable[[], object]
    steps: int


def adam_of(model: nn.Module, weight_decay: float) -> torch.optim.Adam:
    return torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=weight_decay)


def random_bodies() -> tuple[tuple[Tensor, ...], Tensor]:
    """Positions, velocities, charges of -1 or +1 and the edges of complete graphs; and target positions."""
    generator = torch.Generator().manual_seed(SEED)
    nodes = BATCH * BODIES
    x, v, target = (torch.randn(nodes, 3, generator=generator) for _ in range(3))
    charge = 2.0 * torch.randint(2, (nodes, 1), generator=generator) - 1.0
    return (x, v, charge, *complete_edges(BATCH, BODIES)), target


def nbody_work(model: nn.Module) -> Work:
    """A step on the whole batch."""
    adam = adam_of(model, weight_decay=1e-12)
    inputs, target = random_bodies()

    def train() -> None:
        adam.zero_grad()
        nn.functional.mse_loss(model(*inputs), target).backward()
        adam.step()

    return Work(train, lambda: model(*inputs), steps=1)


def random_graphs() -> list[tuple[Tensor, tuple[Tensor, ...]]]:
    """Adjacency matrices; and, of the complete graphs, whether an edge is there, rows and columns."""
    generator = torch.Generator().manual_seed(SEED)
    graphs = []
    for nodes in SIZES:
        upper = (torch.rand(nodes, nodes, generator=generator) < EDGE_PROBABILITY).float().triu(1)
        adjacency = upper + upper.T
        row, col = complete_edges(1, nodes)
        graphs.append((adjacency, (adjacency[row, col].unsqueeze(1), row, col)))
    return graphs


def autoencoder_work(model: nn.Module) -> Work:
    """A step on each graph in turn. What a model starts from is drawn afresh at every step."""
    adam = adam_of(model, weight_decay=1e-16)
    graphs = random_graphs()

    def train() -> None:
        for adjacency, edges in graphs:
            adam.zero_grad()
            probability = model(model.start(len(adjacency)), *edges)
            nn.functional.binary_cross_entropy(probability, adjacency, reduction="sum").backward()
            adam.step()

    def forward() -> None:
        for adjacency, edges in graphs:
            model(model.start(len(adjacency)), *edges)

    return Work(train, forward, steps=len(graphs))


def qm9_work(model: qm9.Egnn) -> Work:
    """A step on a batch of molecules as large as QM9's."""
    adam = adam_of(model, weight_decay=1e-16)
    generator = torch.Generator().manual_seed(SEED)
    molecules = qm9.random_molecules(generator)
    inputs = qm9.padded(*molecules) if model.padded else qm9.ragged(*molecules)
    target = torch.randn(len(qm9.SIZES), generator=generator)

    def train() -> None:
        adam.zero_grad()
        nn.functional.l1_loss(model(*inputs), target).backward()
        adam.step()

    return Work(train, lambda: model(*inputs), steps=1)


TASKS = {
    "nbody": (nbody.MODELS, nbody_work),
    "autoencoder": (autoencoder.MODELS, autoencoder_work),
    "qm9": (qm9.MODELS, qm9_work),
}


def median_ms(work: Callable[[], object], seconds: float) -> float:
    """Median milliseconds of `work`, repeated for so many seconds after a warm-up that takes no longer than that."""
    end = time.perf_counter() + seconds
    for _ in range(WARM_UP):
        work()
        if time.perf_counter() > end:
            break
    times = []
    end = time.perf_counter() + seconds
    while len(times) < FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def time_model(task: str, name: str, seconds: float) -> dict[str, object]:
    """A row of the report; half of the seconds go to training steps, half to forward passes."""
    torch.manual_seed(SEED)
    models, work_of = TASKS[task]
    model = models[name]()
    work = work_of(model)
    train_ms = median_ms(work.train, seconds / 2) / work.steps
    with torch.no_grad():
        forward_ms = median_ms(work.forward, seconds / 2) / work.steps
    return {
        "task": task,
        "model": name,
        "train_ms": train_ms,
        "forward_ms": forward_ms,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def main() -> None:
    names = sorted({name for models, _ in TASKS.values() for name in models})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), help="default: all")
    parser.add_argument("--models", nargs="+", choices=names, default=names, help="default: all")
    parser.add_argument("--seconds", type=float, default=3.0, help="to measure a model for (default 3)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    wanted = [(task, name) for task in args.tasks for name in TASKS[task][0] if name in args.models]
    report = {
        "torch": torch.__version__,
        "path": torch.backends.cpu.get_cpu_capability(),
        "rows": [time_model(task, name, args.seconds) for task, name in wanted],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()

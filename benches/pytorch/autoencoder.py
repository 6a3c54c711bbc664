"""The graph autoencoders of the EGNN paper, written from its equations in plain eager PyTorch, for timing only.

Equations: Satorras, Hoogeboom, Welling, E(n) Equivariant Graph Neural Networks, ICML 2021, (3) to (6), section 5.2 and
Table 1. What the authors' program does besides: coordinates shrink after every layer, terms of the coordinate update
are clamped, and the first layer has no residual.
"""

import torch
from layers import MessageLayer, mlp, segment_mean, segment_sum, to_scalar
from torch import Tensor, nn

SHRINK = 1 - 1e-3


class EquivariantLayer(nn.Module):
    def __init__(self, inputs: int, hidden: int, attributes: int) -> None:
        super().__init__()
        self.residual = inputs == hidden
        self.phi_e = mlp(2 * inputs + 1 + attributes, hidden, hidden, activate_last=True)
        self.phi_h = mlp(inputs + hidden, hidden, hidden)
        self.phi_x = to_scalar(hidden)

    def forward(self, h: Tensor, x: Tensor, attributes: Tensor, row: Tensor, col: Tensor) -> tuple[Tensor, Tensor]:
        difference = x[row] - x[col]
        squared = (difference**2).sum(1, keepdim=True)
        message = self.phi_e(torch.cat([h[row], h[col], squared, attributes], 1))
        step = torch.clamp(difference * self.phi_x(message), -100, 100)
        x = SHRINK * (x + segment_mean(step, row, len(x)))
        received = segment_sum(message, row, len(h))
        update = self.phi_h(torch.cat([h, received], 1))
        return h + update if self.residual else update, x


class FieldLayer(nn.Module):
    def __init__(self, hidden: int, attributes: int) -> None:
        super().__init__()
        last = nn.Linear(hidden, 1, bias=False)
        nn.init.xavier_uniform_(last.weight, gain=0.001)
        self.phi = nn.Sequential(nn.Linear(1 + attributes, hidden), nn.SiLU(), last)

    def forward(self, x: Tensor, attributes: Tensor, row: Tensor, col: Tensor) -> Tensor:
        difference = x[row] - x[col]
        distance = (difference**2).sum(1, keepdim=True).sqrt()
        step = torch.clamp(difference * self.phi(torch.cat([distance, attributes], 1)), -100, 100)
        return SHRINK * x + segment_mean(step, row, len(x))


def squared_differences(z: Tensor) -> Tensor:
    """Of all ordered pairs of nodes, by dimension."""
    return (z[:, None] - z[None, :]) ** 2


def probabilities(logits: Tensor) -> Tensor:
    """Of an edge between each ordered pair of nodes; no node has one to itself."""
    return torch.sigmoid(logits) * (1 - torch.eye(len(logits)))


class DistanceDecoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(-0.1))
        self.b = nn.Parameter(torch.tensor(1.0))

    def forward(self, z: Tensor) -> Tensor:
        return probabilities(self.w * squared_differences(z).sum(2) + self.b)


class LinearDecoder(nn.Module):
    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dimensions, 1)

    def forward(self, z: Tensor) -> Tensor:
        return probabilities(self.linear(squared_differences(z)).squeeze(2))


class Egnn(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4, dimensions: int = 8) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.layers = nn.ModuleList(EquivariantLayer(hidden if layer else 1, hidden, 1) for layer in range(layers))
        self.decoder = DistanceDecoder()

    def start(self, nodes: int) -> Tensor:
        return torch.randn(nodes, self.dimensions)

    def forward(self, x: Tensor, attributes: Tensor, row: Tensor, col: Tensor) -> Tensor:
        h = torch.ones(len(x), 1)
        for layer in self.layers:
            h, x = layer(h, x, attributes, row, col)
        return self.decoder(x)


class Gnn(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4, dimensions: int = 8) -> None:
        super().__init__()
        self.layers = nn.ModuleList(MessageLayer(hidden if layer else 1, hidden, 1) for layer in range(layers))
        self.embedding = nn.Linear(hidden, dimensions)
        self.decoder = LinearDecoder(dimensions)

    def start(self, nodes: int) -> Tensor:
        return torch.ones(nodes, 1)

    def forward(self, h: Tensor, attributes: Tensor, row: Tensor, col: Tensor) -> Tensor:
        for layer in self.layers:
            h = layer(h, attributes, row, col)
        return self.decoder(self.embedding(h))


class NoiseGnn(Gnn):
    def start(self, nodes: int) -> Tensor:
        return torch.randn(nodes, 1)


class RadialField(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4, dimensions: int = 8) -> None:
        super().__init__()
        self.dimensions = dimensions
        self.layers = nn.ModuleList(FieldLayer(hidden, 1) for _ in range(layers))
        self.decoder = DistanceDecoder()

    def start(self, nodes: int) -> Tensor:
        return torch.randn(nodes, self.dimensions)

    def forward(self, x: Tensor, attributes: Tensor, row: Tensor, col: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x, attributes, row, col)
        return self.decoder(x)


MODELS = {"egnn": Egnn, "gnn": Gnn, "noise_gnn": NoiseGnn, "radial_field": RadialField}

"""The n-body models of the EGNN paper, written from its equations in plain eager PyTorch, for timing only.

Equations: Satorras, Hoogeboom, Welling, E(n) Equivariant Graph Neural Networks, ICML 2021, (3) to (7) and Table 1.
Inputs of an edge or node network are concatenated, and messages are summed with scatter_add, as the authors do it.
"""

import torch
from layers import MessageLayer, mlp, segment_mean, segment_sum, to_scalar
from torch import Tensor, nn


def edge_attributes(x: Tensor, charge: Tensor, row: Tensor, col: Tensor) -> Tensor:
    distance = ((x[row] - x[col]) ** 2).sum(1, keepdim=True)
    return torch.cat([charge[row] * charge[col], distance], 1)


class EquivariantLayer(nn.Module):
    def __init__(self, hidden: int, attributes: int) -> None:
        super().__init__()
        self.phi_e = mlp(2 * hidden + 1 + attributes, hidden, hidden, activate_last=True)
        self.phi_h = mlp(2 * hidden, hidden, hidden)
        self.phi_x = to_scalar(hidden)
        self.phi_v = mlp(hidden, hidden, 1)

    def forward(
        self, h: Tensor, x: Tensor, v: Tensor, attributes: Tensor, row: Tensor, col: Tensor
    ) -> tuple[Tensor, Tensor]:
        difference = x[row] - x[col]
        squared = (difference**2).sum(1, keepdim=True)
        message = self.phi_e(torch.cat([h[row], h[col], squared, attributes], 1))
        step = torch.clamp(difference * self.phi_x(message), -100, 100)
        x = x + segment_mean(step, row, len(x)) + self.phi_v(h) * v
        received = segment_sum(message, row, len(h))
        return h + self.phi_h(torch.cat([h, received], 1)), x


class Egnn(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Linear(1, hidden)
        self.layers = nn.ModuleList(EquivariantLayer(hidden, 2) for _ in range(layers))

    def forward(self, x: Tensor, v: Tensor, charge: Tensor, row: Tensor, col: Tensor) -> Tensor:
        h = self.embedding(v.norm(dim=1, keepdim=True))
        attributes = edge_attributes(x, charge, row, col)
        for layer in self.layers:
            h, x = layer(h, x, v, attributes, row, col)
        return x


class Gnn(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Linear(6, hidden)
        self.layers = nn.ModuleList(MessageLayer(hidden, hidden, 1) for _ in range(layers))
        self.decoder = mlp(hidden, hidden, 3)

    def forward(self, x: Tensor, v: Tensor, charge: Tensor, row: Tensor, col: Tensor) -> Tensor:
        h = self.embedding(torch.cat([x, v], 1))
        attributes = charge[row] * charge[col]
        for layer in self.layers:
            h = layer(h, attributes, row, col)
        return self.decoder(h)


class FieldLayer(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        last = nn.Linear(hidden, 1, bias=False)
        nn.init.xavier_uniform_(last.weight, gain=0.001)
        self.phi = nn.Sequential(nn.Linear(3, hidden), nn.SiLU(), last, nn.Tanh())
        self.phi_v = mlp(1, hidden, 1)

    def forward(
        self, x: Tensor, v: Tensor, speed: Tensor, attributes: Tensor, row: Tensor, col: Tensor
    ) -> Tensor:
        difference = x[row] - x[col]
        distance = (difference**2).sum(1, keepdim=True).sqrt()
        step = difference * self.phi(torch.cat([distance, attributes], 1))
        return x + segment_mean(step, row, len(x)) + self.phi_v(speed) * v


class RadialField(nn.Module):
    def __init__(self, hidden: int = 64, layers: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList(FieldLayer(hidden) for _ in range(layers))

    def forward(self, x: Tensor, v: Tensor, charge: Tensor, row: Tensor, col: Tensor) -> Tensor:
        speed = v.norm(dim=1, keepdim=True)
        attributes = edge_attributes(x, charge, row, col)
        for layer in self.layers:
            x = layer(x, v, speed, attributes, row, col)
        return x


MODELS = {"egnn": Egnn, "gnn": Gnn, "radial_field": RadialField}

"""The QM9 model of the EGNN paper, written from its equations in plain eager PyTorch, for timing only.

Equations: Satorras, Hoogeboom, Welling, E(n) Equivariant Graph Neural Networks, ICML 2021, (3), (5), (6), (8) and
section 5.3. Coordinates stay, so that distances are computed once.

Two programs of the same model: `Egnn` takes the atoms and edges that are there, `PaddedEgnn` does what the authors'
program does. It fills each molecule up to the largest of the batch, takes all pairs of them, an atom with itself too,
computes distances in every layer and multiplies what does not count by 0.
"""

import torch
from layers import mlp, segment_sum
from torch import Tensor, nn

# Atoms of each molecule of a batch: the (i + 1/2)/96 quantiles of QM9, the 37 i-th of them at place i. `egnn bench` has
# the same.
SIZES = (
    10, 17, 20, 15, 18, 23, 17, 20, 14, 18, 21, 16, 19, 12, 17, 20, 15, 18, 23, 17, 20, 14, 18, 21,
    16, 19, 12, 17, 21, 15, 19, 23, 17, 20, 14, 18, 21, 16, 19, 13, 17, 21, 16, 19, 23, 17, 20, 15,
    18, 21, 16, 19, 13, 18, 21, 16, 19, 23, 17, 20, 15, 18, 22, 16, 19, 13, 18, 21, 16, 19, 25, 17,
    20, 15, 18, 22, 17, 19, 14, 18, 21, 16, 19, 25, 17, 20, 15, 18, 22, 17, 19, 14, 18, 21, 16, 19,
)
# Atomic numbers of the species, and what the largest counts for in the features.
SPECIES = (1, 6, 7, 8, 9)
LARGEST = 9
POWERS = 3
FEATURES = len(SPECIES) * POWERS


def squared_distances(x: Tensor, row: Tensor, col: Tensor) -> Tensor:
    return ((x[row] - x[col]) ** 2).sum(1, keepdim=True)


class GatedLayer(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.phi_e = mlp(2 * hidden + 1, hidden, hidden, activate_last=True)
        self.phi_h = mlp(2 * hidden, hidden, hidden)
        self.phi_inf = nn.Sequential(nn.Linear(hidden, 1), nn.Sigmoid())

    def forward(self, h: Tensor, squared: Tensor, row: Tensor, col: Tensor, edge_mask: Tensor | None = None) -> Tensor:
        message = self.phi_e(torch.cat([h[row], h[col], squared], 1))
        message = message * self.phi_inf(message)
        if edge_mask is not None:
            message = message * edge_mask
        received = segment_sum(message, row, len(h))
        return h + self.phi_h(torch.cat([h, received], 1))


class Egnn(nn.Module):
    padded = False

    def __init__(self, hidden: int = 128, layers: int = 7, features: int = FEATURES) -> None:
        super().__init__()
        self.embedding = nn.Linear(features, hidden)
        self.layers = nn.ModuleList(GatedLayer(hidden) for _ in range(layers))
        self.node_decoder = mlp(hidden, hidden, hidden)
        self.graph_decoder = mlp(hidden, hidden, 1)

    def forward(
        self, features: Tensor, x: Tensor, row: Tensor, col: Tensor, molecule: Tensor, molecules: int
    ) -> Tensor:
        """A number for each molecule; `molecule` is the one of each atom."""
        h = self.embedding(features)
        squared = squared_distances(x, row, col)
        for layer in self.layers:
            h = layer(h, squared, row, col)
        summed = segment_sum(self.node_decoder(h), molecule, molecules)
        return self.graph_decoder(summed).squeeze(1)


class PaddedEgnn(Egnn):
    padded = True

    def forward(
        self, features: Tensor, x: Tensor, row: Tensor, col: Tensor, node_mask: Tensor, edge_mask: Tensor, atoms: int
    ) -> Tensor:
        """A number for each molecule; every molecule has room for so many `atoms`."""
        h = self.embedding(features)
        for layer in self.layers:
            h = layer(h, squared_distances(x, row, col), row, col, edge_mask)
        decoded = self.node_decoder(h) * node_mask
        summed = decoded.view(-1, atoms, decoded.shape[1]).sum(1)
        return self.graph_decoder(summed).squeeze(1)


def ragged(features: Tensor, x: Tensor, there: Tensor) -> tuple[Tensor | int, ...]:
    """What `Egnn` takes, of padded molecules; `there` is true where an atom is one."""
    molecules, atoms = there.shape
    pairs = (there[:, :, None] & there[:, None, :]) & ~torch.eye(atoms, dtype=torch.bool)
    molecule, i, j = torch.where(pairs)
    place = there.flatten().cumsum(0).view(molecules, atoms) - 1
    return features[there], x[there], place[molecule, i], place[molecule, j], torch.where(there)[0], molecules


def padded(features: Tensor, x: Tensor, there: Tensor) -> tuple[Tensor | int, ...]:
    """What `PaddedEgnn` takes, of padded molecules; `there` is true where an atom is one."""
    molecules, atoms = there.shape
    pairs = (there[:, :, None] & there[:, None, :]) & ~torch.eye(atoms, dtype=torch.bool)
    molecule, i, j = torch.where(torch.ones_like(pairs))
    node_mask, edge_mask = (mask.float().view(-1, 1) for mask in (there, pairs))
    row, col = molecule * atoms + i, molecule * atoms + j
    return features.flatten(0, 1), x.flatten(0, 1), row, col, node_mask, edge_mask, atoms


def random_molecules(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Features, positions and which atoms there are, molecules filled up to the largest with zeros."""
    sizes = torch.tensor(SIZES)
    there = torch.arange(int(sizes.max())) < sizes[:, None]
    species = torch.randint(len(SPECIES), there.shape, generator=generator)
    number = torch.tensor(SPECIES)[species] / LARGEST
    powers = number[:, :, None] ** torch.arange(POWERS)
    one_hot = nn.functional.one_hot(species, len(SPECIES)).float()
    features = (one_hot[:, :, :, None] * powers[:, :, None, :]).flatten(2)
    x = 1.5 * torch.randn(*there.shape, 3, generator=generator)
    return features * there[:, :, None], x * there[:, :, None], there


MODELS = {"egnn": Egnn, "egnn_padded": PaddedEgnn}

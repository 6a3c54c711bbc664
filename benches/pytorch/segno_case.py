"""The reference case of SEGNO: forward pass and gradients by plain PyTorch, written from the equations.

    python segno_case.py nbody_segno.safetensors

Equations: Liu et al., SEGNO, ICLR 2024 (arXiv 2308.13212), its EGNN variant, on the inputs that the n-body models share.
Parameters and inputs are float32; what is computed from them is computed in float64 and rounded once, at the end.
"""

import json
import struct
import sys

import torch
from layers import complete_edges, mlp, segment_mean, segment_sum
from nbody import edge_attributes
from torch import Tensor, nn

BATCH, NODES, HIDDEN, STEPS = 3, 5, 16, 8


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.edge_mlp = mlp(2 * HIDDEN + 3, HIDDEN, HIDDEN, activate_last=True)
        self.node_mlp = mlp(2 * HIDDEN, HIDDEN, HIDDEN)
        # PyTorch's initial values, not the small ones: here they should matter.
        self.coord_mlp = mlp(HIDDEN, HIDDEN, 1)


class Segno(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Linear(1, HIDDEN)
        self.gcl = Layer()

    def forward(self, x: Tensor, v: Tensor, charge: Tensor, row: Tensor, col: Tensor) -> Tensor:
        h = self.embedding(v.norm(dim=1, keepdim=True))
        attributes = edge_attributes(x, charge, row, col)
        for _ in range(STEPS):
            difference = x[row] - x[col]
            squared = (difference**2).sum(1, keepdim=True)
            message = self.gcl.edge_mlp(torch.cat([h[row], h[col], squared, attributes], 1))
            acceleration = segment_mean(difference * self.gcl.coord_mlp(message), row, len(x))
            v = v + acceleration / STEPS
            x = x + v / STEPS
            received = segment_sum(message, row, len(h))
            h = h + self.gcl.node_mlp(torch.cat([h, received], 1))
        return x


def save(path: str, tensors: dict[str, Tensor], config: dict[str, object]) -> None:
    """The safetensors format: length of the header, the header in JSON, the numbers."""
    header: dict[str, object] = {"__metadata__": {"config": json.dumps(config)}}
    data = b""
    for name, tensor in sorted(tensors.items()):
        part = bytes(tensor.contiguous().flatten().view(torch.uint8).tolist())
        dtype = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main() -> None:
    torch.manual_seed(7)
    model = Segno()
    count = BATCH * NODES
    x, v, target = torch.randn(count, 3), torch.randn(count, 3), torch.randn(count, 3)
    charge = torch.randint(0, 2, (count, 1)).float() * 2 - 1
    row, col = complete_edges(BATCH, NODES)
    tensors = {"in.loc": x, "in.vel": v, "in.charge": charge, "in.target": target, "in.row": row, "in.col": col}
    tensors |= {f"param.{name}": value.detach().clone() for name, value in model.named_parameters()}

    model.double()
    prediction = model(x.double(), v.double(), charge.double(), row, col)
    loss = ((prediction - target.double()) ** 2).mean()
    loss.backward()
    tensors |= {"out.pred": prediction.detach().float(), "out.loss": loss.detach().float().reshape(1)}
    tensors |= {f"grad.{name}": value.grad.float() for name, value in model.named_parameters()}
    config = {"task": "nbody", "model": "segno", "batch": BATCH, "nodes": NODES, "hidden": HIDDEN, "layers": STEPS}
    save(sys.argv[1], tensors, config)
    moved = (prediction - (x + v).double()).norm() / prediction.norm()
    print(f"loss {loss.item():.6f}, share of the prediction that is not x + v: {moved.item():.3f}")


main()

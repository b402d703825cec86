#!/usr/bin/env python3
"""The pack's models in plain PyTorch, with the same weights: do the densities agree, and how fast are they, eager and compiled.

    peers.py PACK [--device cuda] [--times times.json]

With the times of device_check it prints how many times flowc's each of PyTorch's is, and what part of the measured peak flowc reaches.
Needs torch and nothing else.
"""

import argparse
import json
import math
import os
import statistics
import struct
import time

import torch

BOUND, BINS, BOX, LEAST = 2.0, 8, 3.0, 0.001  # of flowc's prelude


def read_safetensors(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), bytearray(file.read())
    tensors = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float64).reshape(tensor["shape"])
    return tensors


class Coupling(torch.nn.Module):
    """mlp of two hidden layers; the features whose number is even pass through in even layers, the others in odd ones."""

    def __init__(self, features, width, number, values):
        super().__init__()
        kept = torch.arange(features) % 2 == number % 2
        self.register_buffer("kept", torch.nonzero(kept)[:, 0])
        self.register_buffer("moved", torch.nonzero(~kept)[:, 0])
        self.register_buffer("back", torch.argsort(torch.cat([self.kept, self.moved])))
        sizes = [len(self.kept), width, width, values * len(self.moved)]
        self.linears = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def net(self, a):
        for linear in self.linears[:-1]:
            a = torch.relu(linear(a))
        return self.linears[-1](a)

    def forward(self, x):
        a, b = x[:, self.kept], x[:, self.moved]
        b, log_det = self.move(b, self.net(a))
        return torch.cat([a, b], 1)[:, self.back], log_det

    def inverse(self, z):
        a, b = z[:, self.kept], z[:, self.moved]
        return torch.cat([a, self.move_back(b, self.net(a))], 1)[:, self.back]


class Affine(Coupling):
    def __init__(self, features, width, number):
        super().__init__(features, width, number, 2)

    def steer(self, values):
        raw, shift = values.chunk(2, 1)
        return BOUND * torch.tanh(raw / BOUND), shift

    def move(self, b, values):
        log_scale, shift = self.steer(values)
        return b * torch.exp(log_scale) + shift, log_scale.sum(1)

    def move_back(self, b, values):
        log_scale, shift = self.steer(values)
        return (b - shift) * torch.exp(-log_scale)


class Spline(Coupling):
    """Rational-quadratic, the identity outside of the box."""

    def __init__(self, features, width, number):
        super().__init__(features, width, number, 3 * BINS - 1)

    def steer(self, values, count):
        wide, high, slope = values.split([BINS * count, BINS * count, (BINS - 1) * count], 1)

        def by_feature(raw, bins):  # the network gives the first values of all features, then the second ones, ...
            return raw.unflatten(1, (bins, count)).transpose(1, 2)

        def knots(raw):
            share = LEAST + (1 - LEAST * BINS) * torch.softmax(by_feature(raw, BINS), 2)
            return torch.nn.functional.pad(torch.cumsum(2 * BOX * share, 2), (1, 0)) - BOX

        inner = LEAST + torch.nn.functional.softplus(by_feature(slope, BINS - 1) + 0.54)
        return knots(wide), knots(high), torch.nn.functional.pad(inner, (1, 1), value=1.0)

    @staticmethod
    def piece(place, knots, *tables):
        """Of each element's bin: where it begins, how wide it is, and what the tables have at both ends."""
        bin = (torch.searchsorted(knots[..., 1:-1].contiguous(), place.unsqueeze(-1), right=False)).clamp(0, BINS - 1)
        return [(table.gather(-1, bin)[..., 0], table.gather(-1, bin + 1)[..., 0]) for table in (knots, *tables)]

    def move(self, b, values):
        across, up, slopes = self.steer(values, b.shape[1])
        inside = b.clamp(-BOX, BOX)
        (left, right), (bottom, top), (first, last) = self.piece(inside, across, up, slopes)
        p = (inside - left) / (right - left)
        secant, cross = (top - bottom) / (right - left), p * (1 - p)
        below = secant + (first + last - 2 * secant) * cross
        y = bottom + (top - bottom) * (secant * p * p + first * cross) / below
        log_slope = 2 * torch.log(secant) + torch.log(last * p * p + 2 * secant * cross + first * (1 - p) ** 2) - 2 * torch.log(below)
        within = b.abs() < BOX
        return torch.where(within, y, b), torch.where(within, log_slope, 0.0).sum(1)

    def move_back(self, b, values):
        across, up, slopes = self.steer(values, b.shape[1])
        inside = b.clamp(-BOX, BOX)
        (bottom, top), (left, right), (first, last) = self.piece(inside, up, across, slopes)
        secant, height = (top - bottom) / (right - left), inside - bottom
        bend = height * (first + last - 2 * secant)
        qa, qb, qc = (top - bottom) * (secant - first) + bend, (top - bottom) * first - bend, -secant * height
        p = 2 * qc / (-qb - torch.sqrt((qb * qb - 4 * qa * qc).clamp(min=0)))
        return torch.where(b.abs() < BOX, left + p * (right - left), b)


LAYERS = {"real_nvp": Affine, "nsf": Spline}


class Flow(torch.nn.Module):
    def __init__(self, entry):
        super().__init__()
        self.features = entry["features"]
        self.layers = torch.nn.ModuleList(LAYERS[entry["kind"]](entry["features"], entry["width"], k) for k in range(entry["layers"]))

    def load(self, tensors):
        """flowc's parameters in their order are the matrices and biases in ours."""
        ours = [parameter for name, parameter in self.named_parameters()]
        assert len(ours) == len(tensors), (len(ours), len(tensors))
        with torch.no_grad():
            for parameter, tensor in zip(ours, tensors.values()):
                parameter.copy_(tensor.reshape(parameter.shape))

    def log_prob(self, x):
        total = torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        return total - (x * x).sum(1) / 2 - self.features * math.log(2 * math.pi) / 2

    def to_latent(self, x):
        for layer in self.layers:
            x, _ = layer(x)
        return x

    def to_data(self, z):
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


def seconds_of(run, device):
    """The median of at least five runs, by events on a GPU."""
    run()
    run()
    found, spent = [], 0.0
    while len(found) < 5 or (spent < 1 and len(found) < 100):
        if device.type == "cuda":
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            run()
            end.record()
            end.synchronize()
            found.append(begin.elapsed_time(end) * 1e-3)
        else:
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
        spent += found[-1]
    return statistics.median(found)


def peaks(device):
    """GFLOP/s of a large product in each precision that the device has."""
    size, found = 8192 if device.type == "cuda" else 1024, {}
    for name, dtype, tf32 in (("f32", torch.float32, False), ("tf32", torch.float32, True), ("bf16", torch.bfloat16, False)):
        if name != "f32" and device.type != "cuda":
            continue
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(size, size, device=device, dtype=dtype)
        found[name] = 2 * size ** 3 / seconds_of(lambda: a @ a, device) * 1e-9
    torch.backends.cuda.matmul.allow_tf32 = True
    return found


def calls(flow, x, function):
    density, to_data = function(flow.log_prob), function(flow.to_data)
    optimizer = torch.optim.Adam(flow.parameters(), lr=1e-4, fused=x.is_cuda)

    def gradient():
        flow.zero_grad()
        density(x).sum().backward()

    def step():
        flow.zero_grad()
        (-density(x).mean()).backward()
        optimizer.step()

    def log_prob():
        with torch.no_grad():
            density(x)

    def sample():
        with torch.no_grad():
            to_data(torch.randn_like(x))

    return {"gradient": gradient, "step": step, "log_prob": log_prob, "sample": sample}


@torch.no_grad()
def agreement(flow, entry, device):
    flow.to(device)
    x = torch.tensor(entry["x"], dtype=torch.float64, device=device)
    density = flow.log_prob(x)
    expected = torch.tensor(entry["log_prob"], dtype=torch.float64, device=device)
    back = flow.to_data(flow.to_latent(x))
    return float(((density - expected).abs() / expected.abs().clamp(min=1)).max()), float((back - x).abs().max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--times", help="what device_check --json wrote")
    parser.add_argument("--only", default="", help="models with this in their name")
    parser.add_argument("--batches", default="1024,16384,131072,1048576")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--no-times", dest="timing", action="store_false", help="only whether the densities agree")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.manual_seed(1)
    ours = {}
    if options.times:
        with open(options.times) as file:
            ours = {(row["model"], row["rows"], row["measure"]): row for row in json.load(file)}
    with open(os.path.join(options.pack, "index.json")) as file:
        entries = [entry for entry in json.load(file)["models"] if entry.get("kind") and options.only in entry["folder"]]
    batches = sorted({rows for _, rows, _ in ours}) or [int(rows) for rows in options.batches.split(",")]
    if not options.timing:
        batches = []
    found = peaks(device) if batches else {}
    print(f"\nPyTorch {torch.__version__} on {torch.cuda.get_device_name() if device.type == 'cuda' else 'the CPU'}; products, GFLOP/s: " +
          ", ".join(f"{name} {rate:.0f}" for name, rate in found.items()))
    modes = {"eager": lambda f: f}
    if options.compile and hasattr(torch, "compile"):
        modes["compiled"] = torch.compile
    parts = [name for name in ("tf32", "bf16", "f32") if name in found]
    print("\n| model | rows | measure | flowc | " + " | ".join(f"of {name}" for name in parts) + " | " +
          " | ".join(f"{mode} | times flowc's" for mode in modes) + " |\n" + "|---" * (4 + len(parts) + 2 * len(modes)) + "|")
    wrong = False
    for entry in entries:
        flow = Flow(entry).double()
        flow.load(read_safetensors(os.path.join(options.pack, entry["folder"], "parameters.safetensors")))
        densities, round_trip = agreement(flow, entry, device)
        if not batches:
            print(f"{entry['folder']}: densities differ by {densities:.1e}, the way back by {round_trip:.1e}")
        if not (densities < 1e-9 and round_trip < 1e-9):
            wrong = True
            print(f"{entry['folder']}: WRONG, densities differ by {densities:.1e}, the way back by {round_trip:.1e}")
        flow.float()
        for rows in batches:
            x = torch.randn(rows, entry["features"], device=device)
            runs = {mode: calls(flow, x, function) for mode, function in modes.items()}
            for measure in ("gradient", "step", "log_prob", "sample"):
                row = ours.get((entry["folder"], rows, measure), {})
                known = row.get("seconds")
                cells = [entry["folder"], str(rows), measure, f"{known * 1e3:.3f} ms" if known else row.get("why", "-")]
                cells += [f"{row['gflops'] / found[name]:.3f}" if known else "-" for name in parts]
                for mode in modes:
                    try:
                        seconds = seconds_of(runs[mode][measure], device)
                        cells += [f"{seconds * 1e3:.3f} ms", f"{seconds / known:.2f}" if known else "-"]
                    except Exception as error:  # out of memory, or torch.compile gives up: the cell says so
                        cells += [type(error).__name__, "-"]
                print("| " + " | ".join(cells) + " |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

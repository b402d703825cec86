#!/usr/bin/env python3
"""Two moons by the same flow in PyTorch and in flowc: held-out mean log-likelihood over several seeds.

Both train examples/two_moons/two_moons.flow: 8 affine couplings, their masks alternating, each with an mlp of [64, 64],
log-scales bounded by 2 tanh(s/2) and an actnorm after each that starts from 1024 rows. Both start
from uniform(+-gain/sqrt(inputs)) weights and biases, use Adam with the settings in the spec in f32, and keep the parameters
of the best epoch by a validation split of a tenth. The held-out data are drawn with another seed and neither sees them before.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "two_moons")
EPOCHS, BATCH, RATE, COUPLINGS, HIDDEN, BOUND, START_ROWS = 20, 256, 1e-3, 8, 64, 2.0, 1024


def linear(inputs, outputs, gain=1.0):
    layer = torch.nn.Linear(inputs, outputs)
    for parameter in layer.parameters():
        torch.nn.init.uniform_(parameter, -gain / math.sqrt(inputs), gain / math.sqrt(inputs))
    return layer


class Coupling(torch.nn.Module):
    """An affine coupling of two features, then an actnorm; x to z and log|det|."""

    def __init__(self, kept):
        super().__init__()
        self.kept = kept
        self.net = torch.nn.Sequential(linear(1, HIDDEN), torch.nn.ReLU(), linear(HIDDEN, HIDDEN), torch.nn.ReLU(),
                                       linear(HIDDEN, 2, gain=0.1))
        self.log_scale = torch.nn.Parameter(torch.zeros(2))
        self.shift = torch.nn.Parameter(torch.zeros(2))

    def couple(self, x):
        a, b = x[:, self.kept:self.kept + 1], x[:, 1 - self.kept:2 - self.kept]
        raw, shift = self.net(a).chunk(2, dim=1)
        log_scale = BOUND * torch.tanh(raw / BOUND)
        b = b * torch.exp(log_scale) + shift
        return torch.cat((a, b) if self.kept == 0 else (b, a), dim=1), log_scale[:, 0]

    @torch.no_grad()
    def start(self, x):
        x, _ = self.couple(x)
        deviation = x.std(dim=0, unbiased=False)
        self.log_scale.copy_(-torch.log(deviation))
        self.shift.copy_(-x.mean(dim=0) / deviation)
        return x * torch.exp(self.log_scale) + self.shift

    def forward(self, x):
        x, log_det = self.couple(x)
        return x * torch.exp(self.log_scale) + self.shift, log_det + self.log_scale.sum()


class Flow(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(Coupling(i % 2) for i in range(COUPLINGS))

    def start(self, x):
        for layer in self.layers:
            x = layer.start(x)

    def forward(self, x):
        total = 0
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        return total - 0.5 * (x * x).sum(dim=1) - math.log(2 * math.pi)


def by_pytorch(data, held_out, seed):
    torch.manual_seed(seed)
    order = torch.randperm(len(data))
    valid, train = data[order[:len(data) // 10]], data[order[len(data) // 10:]]
    flow = Flow()
    optimizer = torch.optim.Adam(flow.parameters(), lr=RATE)
    best, kept = -math.inf, None
    for epoch in range(EPOCHS):
        order = torch.randperm(len(train))
        if epoch == 0:
            flow.start(train[order[:max(BATCH, START_ROWS)]])
        for first in range(0, len(train), BATCH):
            loss = -flow(train[order[first:first + BATCH]]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            mean = flow(valid).double().mean().item()
        if mean > best:
            best, kept = mean, {name: value.clone() for name, value in flow.state_dict().items()}
    flow.load_state_dict(kept)
    with torch.no_grad():
        return flow(held_out).double().mean().item()


def by_flowc(flowc, model, train_file, held_out_file, seed, folder):
    run = os.path.join(folder, f"run{seed}")
    subprocess.run([flowc, "train", model, "--data", train_file, "--seed", str(seed), "--dtype", "f32", "--run-dir", run],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    densities = os.path.join(folder, f"densities{seed}.npy")
    subprocess.run([flowc, "log-prob", model, "--params", os.path.join(run, "model.safetensors"), "--data", held_out_file,
                    "-o", densities], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return float(numpy.load(densities).mean(dtype=numpy.float64))


def report(name, results, seconds):
    print(f"{name:8} " + " ".join(f"{value:8.4f}" for value in results) +
          f" | mean {statistics.fmean(results):8.4f}  deviation {statistics.stdev(results):.4f}  range "
          f"{max(results) - min(results):.4f} | {seconds / len(results):5.1f} s a seed", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flowc", default="flowc", help="the command")
    parser.add_argument("--seeds", type=int, default=5, help="at least 2")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds must be at least 2")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: os.path.join(folder, name + ".csv") for name in ("train", "held_out")}
        for name, seed in (("train", "1"), ("held_out", "2")):
            subprocess.run([sys.executable, os.path.join(EXAMPLE, "make_data.py"), "--seed", seed, files[name]], check=True)
        data, held_out = (torch.from_numpy(numpy.loadtxt(file, delimiter=",", skiprows=1, dtype=numpy.float32))
                          for file in files.values())
        model = os.path.join(folder, "two_moons")
        subprocess.run([options.flowc, os.path.join(EXAMPLE, "two_moons.flow"), "-o", model], check=True,
                       stdout=subprocess.DEVNULL)
        seeds = range(1, options.seeds + 1)
        began = time.monotonic()
        ours = [by_flowc(options.flowc, model, files["train"], files["held_out"], seed, folder) for seed in seeds]
        report("flowc", ours, time.monotonic() - began)
        began = time.monotonic()
        theirs = [by_pytorch(data, held_out, seed) for seed in seeds]
        report("PyTorch", theirs, time.monotonic() - began)
    difference, spread = statistics.fmean(ours) - statistics.fmean(theirs), max(theirs) - min(theirs)
    print(f"flowc - PyTorch: {difference:+.4f}; the spread of PyTorch over the seeds is {spread:.4f}")


if __name__ == "__main__":
    main()

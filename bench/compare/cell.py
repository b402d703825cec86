"""One model of one size: flowc beside one library, eager and compiled."""

import json
import os
import statistics
import subprocess
import sys

import numpy

from models import COMPILES, DEPTH, ESTIMATED, MODELS
from processes import Failed, Process

HERE = os.path.dirname(os.path.abspath(__file__))
# Densities of the same weights in f32 may differ by this, relative to their size where that is above 1.
AGREEMENT = 1e-3


class Cell:
    def __init__(self, options, model, library, features, hidden, batch, folder):
        self.options, self.model, self.library, self.batch, self.folder = options, model, library, batch, folder
        self.sizes = {"model": model, "library": library, "features": features, "hidden": hidden, "batch": batch}
        os.makedirs(folder, exist_ok=True)
        self.data = os.path.join(folder, "x.npy")
        numpy.save(self.data, numpy.random.default_rng(1).normal(size=(batch, features)).astype(numpy.float32))
        command = [sys.executable, os.path.join(HERE, "worker.py"), library, MODELS[model][library], self.data,
                   "--features", str(features), "--hidden", str(hidden), "--depth", str(DEPTH), "--threads", str(options.threads)]
        self.peers = {"jit" if library == "flowjax" else "eager": self.process(command, "eager")}
        if options.compile and library in COMPILES:
            self.peers["compiled"] = self.process(command + ["--compiled"], "compiled")
        self.first = next(iter(self.peers.values()))
        self.ours = self.process([options.timer, os.path.join(folder, "model"), self.data, str(options.threads)], "flowc")

    def process(self, command, name):
        return Process(command, self.options.threads, os.path.join(self.folder, name + ".log"))

    def run(self):
        """Rows of results, a measure each."""
        try:
            self.prepare()
            agreement = self.compare_densities()
            return [self.sizes | {"agreement": agreement} | self.measure(measure) for measure in self.options.measure]
        except Failed as why:
            return [self.sizes | {"measure": measure, "why": str(why)} for measure in self.options.measure]
        finally:
            for process in (self.ours, *self.peers.values()):
                process.end()

    def prepare(self):
        """The same model in flowc, with the library's weights."""
        spec, model = os.path.join(self.folder, "spec.flow"), os.path.join(self.folder, "model")
        self.first.ask(f"spec {spec}", self.options.patience)
        try:
            built = subprocess.run([self.options.flowc, spec, "-o", model], capture_output=True, text=True, timeout=self.options.patience)
        except subprocess.TimeoutExpired:
            raise Failed(f"flowc takes over {self.options.patience:.0f} s to compile it")
        if built.returncode != 0:
            raise Failed("flowc: " + built.stderr.strip().splitlines()[0])
        used = json.loads(self.first.ask(f"weights {model}", self.options.patience))
        # For every factor and row two flops forward, and as many for each of two gradients; the first weight's input is the data.
        forward = 2.0 * self.batch * sum(used)
        self.flops = {"log_prob": forward, "sample": forward, "train": 3 * forward - 2.0 * self.batch * used[0]}

    def compare_densities(self):
        """The largest difference of two log densities: that the same is computed is seen before it is timed."""
        if self.model in ESTIMATED:
            return None
        found = []
        for name, process in (("flowc", self.ours), ("library", self.first)):
            file = os.path.join(self.folder, f"{name}.npy")
            process.ask(f"density {file}", self.options.patience)
            found.append(numpy.load(file).astype(float))
        difference = float((abs(found[0] - found[1]) / numpy.maximum(1, abs(found[1]))).max())
        if not difference < AGREEMENT:
            raise Failed(f"the log densities differ by {difference:.1e}")
        return difference

    def measure(self, measure):
        return self.measure_memory() if measure == "memory" else self.measure_time(measure)

    def measure_memory(self):
        """Of fresh processes; what a compiler takes to compile cannot be told from the rest, so that only eager PyTorch has one."""
        row = {"measure": "memory", "peers": {}}
        for name, process in [("flowc", self.ours), *self.peers.items()]:
            process.end()
            try:
                if name in ("compiled", "jit"):
                    raise Failed("with the compiler's own")
                found = {"bytes": float(process.ask("memory train", self.options.patience))}
            except Failed as why:
                found = {"why": str(why)}
            if name == "flowc":
                row["flowc"] = found
            else:
                row["peers"][name] = found
            process.end()
        for found in row["peers"].values():
            if "bytes" in found and "bytes" in row["flowc"]:
                found["ratio"] = found["bytes"] / row["flowc"]["bytes"]
        return row

    def measure_time(self, measure):
        """Rounds of one run each in turn; a ratio is taken within a round, so that a machine that slows down slows both."""
        programs, failed, once = {"flowc": self.ours, **self.peers}, {}, {}
        for name, process in programs.items():
            try:
                process.ask(f"{measure} 0", self.options.patience)  # loads, compiles, allocates
                once[name] = float(process.ask(f"{measure} 0", self.options.patience))
            except Failed as why:
                failed[name] = str(why)
        if "flowc" in failed:
            return {"measure": measure, "why": "flowc: " + failed["flowc"]}
        # As many rounds as the seconds of a measure allow, at least two.
        spent = sum(max(seconds, self.options.seconds) for seconds in once.values())
        rounds = max(2, min(self.options.rounds, int(self.options.limit / spent)))
        seconds, peak = {name: [] for name in once}, {}
        for _ in range(rounds):
            for name in list(seconds):
                try:
                    seconds[name].append(float(programs[name].ask(f"{measure} {self.options.seconds}", self.options.patience)))
                except Failed as why:
                    failed[name] = str(why)
                    del seconds[name]
            for pair in self.ours.ask("peak 0.005", self.options.patience).split():
                library, rate = pair.split("=")
                peak.setdefault(library, []).append(float(rate))
        best = max((statistics.median(rates) for rates in peak.values()), default=None)
        ours = statistics.median(seconds["flowc"])
        row = {"measure": measure, "rounds": rounds, "peak_gflops": best, "flowc": {"seconds": ours}, "peers": {}}
        if self.model not in ESTIMATED:
            row["flowc"]["gflops"] = self.flops[measure] / ours * 1e-9
            row["flowc"]["of_peak"] = row["flowc"]["gflops"] / best if best else None
        for name in self.peers:
            if name in failed:
                row["peers"][name] = {"why": failed[name]}
                continue
            ratios = sorted(theirs / own for theirs, own in zip(seconds[name], seconds["flowc"]))
            row["peers"][name] = {"seconds": statistics.median(seconds[name]), "ratio": statistics.median(ratios), "low": ratios[0],
                                  "high": ratios[-1]}
        return row

"""bench/run, once its libraries are there."""

import argparse
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version

from models import BATCH, DEFAULT_SIZES, FEATURES, HIDDEN, LIBRARIES, MEASURES, MODELS, QUICK_MODELS, QUICK_SIZES
from report import HEADER, draw, line, write_json

DESCRIPTION = """flowc beside nflows, zuko, normflows (PyTorch, eager and by torch.compile) and FlowJAX (JAX, jit): the same architecture,
the same weights, the same number of threads, f32.

Times are medians over rounds in which every program runs once, ratios are medians of those within a round. The libraries come from PyPI
into an environment of their own the first time (--python names one that is there). A default run stops beginning new cells after
--minutes. bench/README.md says more."""


def arguments(parser):
    parser.add_argument("--quick", action="store_true", help="two small models, without torch.compile: a minute or two")
    parser.add_argument("--full", action="store_true", help="every size, without an end to its minutes: days")
    parser.add_argument("--minutes", type=float, default=25, help="no new cell after so many (default: %(default)s)")
    parser.add_argument("--model", action="append", choices=list(MODELS), help="may be said several times, like the following")
    parser.add_argument("--library", action="append", choices=LIBRARIES)
    parser.add_argument("--measure", action="append", choices=MEASURES)
    parser.add_argument("--features", action="append", type=int, help="D; as a rule one of " + ", ".join(map(str, FEATURES)))
    parser.add_argument("--hidden", action="append", type=int, help="width of hidden layers; " + ", ".join(map(str, HIDDEN)))
    parser.add_argument("--batch", action="append", type=int, help="rows; " + ", ".join(map(str, BATCH)))
    parser.add_argument("--threads", type=int, default=1, help="of every program (default: %(default)s)")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="without torch.compile")
    parser.add_argument("--rounds", type=int, default=11, help="at most so many (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.1, help="a program runs for about so long in a round (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=15, help="seconds for a measure's rounds (default: %(default)s)")
    parser.add_argument("--patience", type=float, default=60,
                        help="seconds for a first run with its compilation; what takes longer has no number (default: %(default)s)")
    parser.add_argument("--output", default="bench-results", help="folder for results.json, results.md, results.png (default: %(default)s)")
    parser.add_argument("--flowc", default="build/bin/flowc", help="the compiler (default: %(default)s)")
    parser.add_argument("--timer", help="bench's model_timer (default: beside flowc)")
    parser.add_argument("--python", help="a Python that has the libraries (default: an environment that is made, build/bench-python)")


def sizes_of(options):
    if options.features or options.hidden or options.batch or options.full:
        first = (21, 128, 1024)
        chosen = [given or (every if options.full else [one]) for given, every, one in
                  zip((options.features, options.hidden, options.batch), (FEATURES, HIDDEN, BATCH), first)]
        return [(d, h, b) for d in chosen[0] for h in chosen[1] for b in chosen[2]]
    return QUICK_SIZES if options.quick else DEFAULT_SIZES


def cells_of(options):
    models = options.model or (QUICK_MODELS if options.quick else list(MODELS))
    for sizes in sizes_of(options):
        for model in models:
            for library in MODELS[model]:
                if library in (options.library or LIBRARIES):
                    yield model, library, *sizes


def machine_of(options):
    versions = {}
    for package in ("torch", "nflows", "zuko", "normflows", "jax", "flowjax"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    with open("/proc/cpuinfo") as info:
        named = [text.split(":", 1)[1].strip() for text in info if text.startswith("model name")]
    return {"processor": named[0] if named else platform.machine(), "processors": len(os.sched_getaffinity(0)), "threads": options.threads,
            "load": os.getloadavg()[0], "versions": versions, "date": time.strftime("%Y-%m-%d")}


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    options = parser.parse_args()
    from cell import Cell  # needs numpy, which --help does not

    options.measure = options.measure or MEASURES
    options.compile = options.compile and not options.quick
    options.flowc = os.path.abspath(options.flowc)
    options.timer = os.path.abspath(options.timer or os.path.join(os.path.dirname(options.flowc), "model_timer"))
    os.makedirs(options.output, exist_ok=True)
    machine, rows, begun, left = machine_of(options), [], time.monotonic(), 0
    title = f"{machine['processor']}, {machine['processors']} processors, {options.threads} thread(s), load {machine['load']:.1f}; " + \
        ", ".join(f"{name} {number or 'missing'}" for name, number in machine["versions"].items())
    with open(os.path.join(options.output, "results.md"), "w") as table:
        for text in (title, "", HEADER):
            show(text, table)
        for number, (model, library, features, hidden, batch) in enumerate(cells_of(options)):
            if not options.full and time.monotonic() - begun > 60 * options.minutes:
                left += 1
                continue
            folder = os.path.join(os.path.abspath(options.output), "models", str(number))
            for row in Cell(options, model, library, features, hidden, batch, folder).run():
                rows.append(row)
                show(line(row), table)
            write_json(os.path.join(options.output, "results.json"), machine, rows)
        if left:
            show(f"\n{left} more cells are for a run with more --minutes.", table)
    if not rows:
        print("nothing to measure: no library has this model (bench/run --help)", file=sys.stderr)
        return 2
    if draw(os.path.join(options.output, "results.png"), machine, rows):
        print(f"\n{options.output}/results.md, results.json, results.png")
    return 0


def show(text, table):
    print(text, flush=True)
    table.write(text + "\n")
    table.flush()

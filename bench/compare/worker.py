#!/usr/bin/env python3
"""A library's side of bench/run: does what the lines on stdin say and answers each with one line. model_timer.cpp is flowc's side.

  spec FILE                          writes the model in flowc's language
  weights MODEL_DIRECTORY            writes the weights as that model's parameters; answers how many of its products' factors are used
  train S | log_prob S | sample S    seconds of one run, from runs of S seconds together (at least one)
  memory MEASURE                     bytes by which two runs of it raise the most that the process had at once
  density FILE                       writes the log densities of the data
"""

import argparse
import contextlib
import json
import os
import sys
import time
import warnings

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))


def make(options):
    if options.library == "flowjax":
        from flowjax_library import FlowJax
        return FlowJax(options.model, options.features, options.hidden, options.depth)
    from torch_library import TorchLibrary
    return TorchLibrary(options.library, options.model, options.features, options.hidden, options.depth, options.threads, options.compiled)


def status_bytes(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key + ":"))


def seconds_of(run, least):
    start, runs = time.perf_counter(), 0
    while True:
        run()
        runs += 1
        seconds = time.perf_counter() - start
        if seconds >= least:
            return seconds / runs


def write_spec(library, file):
    with open(file, "w") as out:
        out.write(library.spec(os.path.abspath(library.spec_folder)))
    return "done"


def write_weights(library, folder):
    from compiled import write_safetensors
    weights, used = library.weights()
    with open(os.path.join(folder, "manifest.json")) as manifest:
        parameters = json.load(manifest)["parameters"]
    ordered = {p["name"]: weights[p["name"]].reshape(p["shape"]) for p in parameters}
    assert set(ordered) == set(weights), set(ordered) ^ set(weights)
    write_safetensors(os.path.join(folder, "parameters.safetensors"), ordered)
    return json.dumps([used[name] for name in ordered if name in used])


def measure_memory(library, name):
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
    getattr(library, name)()
    getattr(library, name)()
    return status_bytes("VmHWM")


def answer(library, command, argument, before):
    if command == "spec":
        return write_spec(library, argument)
    if command == "weights":
        return write_weights(library, argument)
    if command == "density":
        numpy.save(argument, library.density())
        return "done"
    if command == "memory":
        return repr(measure_memory(library, argument) - before)
    assert command in ("train", "log_prob", "sample")
    return repr(seconds_of(getattr(library, command), float(argument)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("library", "model", "data"):
        parser.add_argument(name)
    for name in ("features", "hidden", "depth", "threads"):
        parser.add_argument("--" + name, type=int, required=True)
    parser.add_argument("--compiled", action="store_true", help="by torch.compile")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "parity"))
    answers, library = sys.stdout, None
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is no answer
        x = numpy.load(options.data)
        for line in sys.stdin:
            try:
                if library is None:
                    import_only(options)
                    before = status_bytes("VmRSS")
                    library = make(options)
                    library.data(x)
                result = answer(library, *line.split(), before)
            except Exception as error:  # one line, whatever it is: the cell says why
                result = "error " + " ".join(f"{type(error).__name__}: {error}".split())[:300]
            print(result, file=answers, flush=True)


def import_only(options):
    """Loads what a model takes but the model, so that its memory is its own."""
    if options.library == "flowjax":
        import flowjax_library
    else:
        import torch_library
        torch_library.touch()
        torch_library.make_case(options.library, options.model, depth=1, features=4, width=8)


if __name__ == "__main__":
    main()

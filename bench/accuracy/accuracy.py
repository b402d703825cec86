#!/usr/bin/env python3
"""How exact flows are in f32 and f64, as a Markdown table: ours, and the libraries' where they are installed (tests/parity/README.md).

Of every model 256 points go to the latent space and back; a cell has the largest |x - x'| and the largest |log-det + log-det of the way
back|, the worst of all seeds. Weights are those that training begins with, and N(0, noise) added to all of them.
"""

import argparse
import os
import subprocess
import sys

import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "parity"))
import compiled

try:
    import torch

    import peers
except ImportError as missing:
    print(f"without the libraries' columns: {missing}", file=sys.stderr)
    peers = None

PARITY = os.path.dirname(os.path.abspath(compiled.__file__))
FEATURES, ROWS, SPLINES = 8, 256, 20000
NUMPY = {"f32": numpy.float32, "f64": numpy.float64}

# Name, library, its numbers in the issue that asked for this table (f32, f64), our layers, where the data lives.
ROWS_OF_TABLE = [
    ("affine coupling", "nflows", "1.1e-5 / 1.4e-6", "1e-14 / 3e-15", "repeat 5 { affine_coupling }", "real"),
    ("rational-quadratic coupling", "nflows", "3.3e-6 / 4.8e-5", "1e-14 / 2e-13", "repeat 5 { spline_coupling }", "real"),
    ("rational-quadratic AR", "nflows", "1.6e-1 / 2.0e-1", "5e-11 / 2e-10", "repeat 5 { spline_maf; reverse }", "real"),
    ("cubic coupling", "nflows", "9.3e-3 / 2.1e-3", "6e-11 / 1e-11", "repeat 5 { coupling(by = cubic_spline) }", "unit"),
    ("quadratic coupling", "nflows", "1.6e-3 / 6e-5", "7e-12 / 2e-13", "repeat 5 { coupling(by = quadratic_spline) }", "unit"),
    ("linear-spline coupling", "nflows", "7.4e-1 / 3.4", "7.5e-1 / 3.4", "repeat 5 { linear_spline_coupling }", "real"),
    ("NSF (AR)", "zuko", "5.6e-6 / 2.0e-5", "2e-14 / 3e-14", "repeat 3 { spline_maf(bound = 5); reverse }", "real"),
    ("NAF", "zuko", "2e-6 / -", "9e-7 / -", "repeat 2 { naf; reverse }", "real"),
    ("SOSPF", "zuko", "2e-6 / -", "9e-7 / -", "repeat 3 { sos_maf; reverse }", "real"),
    ("coupled splines", "normflows", "3.5e-6 / 2.4e-5", "7e-15 / 4.8e-7", "repeat 5 { spline_coupling }", "real"),
    ("residual", "normflows", "3.3e-6 / 0.35", "3.2e-6 / 0.35", "repeat 5 { residual }", "real"),
]


def points(generator, domain):
    shape = (ROWS, FEATURES)
    return generator.uniform(0, 1, shape) if domain == "unit" else generator.normal(size=shape)


def errors(x, log_det, again, back):
    """The two numbers of a cell; what is not a number is infinitely wrong."""
    pair = numpy.array([abs(again - x).max(), abs(log_det + back).max()])
    return numpy.where(numpy.isnan(pair), numpy.inf, pair)


def of_model(model, x, dtype):
    x = x.astype(NUMPY[dtype])
    z, log_det = model.to_latent(x, dtype)
    return errors(x, log_det, *model.to_data(z, dtype))


def of_peer(peer, x, dtype):
    peer.module.to(torch.float32 if dtype == "f32" else torch.float64)
    x = torch.from_numpy(x.astype(NUMPY[dtype]))
    try:
        z, log_det = peer.forward(x)
        again, back = peer.back(z.detach())
    except (AssertionError, ValueError, RuntimeError):
        return numpy.array([numpy.inf, numpy.inf])
    return errors(*(tensor.detach().numpy() for tensor in (x, log_det.reshape(-1), again, back.reshape(-1))))


def shaken(peer, generator, noise):
    """Adds the noise to all of a library's weights, in f64."""
    peer.module.double()
    with torch.no_grad():
        for parameter in peer.module.parameters():
            if parameter.requires_grad:
                parameter += noise * torch.from_numpy(generator.normal(size=tuple(parameter.shape)))
    return peer


def worst(cells):
    return numpy.max(cells, axis=0) if cells else None


def shown(cell):
    return "-" if cell is None else " / ".join("fails" if number == numpy.inf else f"{number:.1e}" for number in cell)


def table(options):
    listed = subprocess.run([options.flowc, "list"], capture_output=True, text=True, check=True).stdout
    print("| model | | issue: f32 | f64 | library: f32 | f64 | its weights in flowc: f32 | f64 | flowc: f32 | f64 |\n" + "|---" * 10 + "|")
    ratios = []
    for name, library, *told, layers, domain in ROWS_OF_TABLE:
        if options.only and name not in options.only:
            continue
        layer = layers.split("{ ")[1].split("(")[0].split(";")[0].split(" ")[0]
        found = {(who, dtype): [] for who in ("peer", "same", "ours") for dtype in NUMPY}
        base = "; base uniform" if domain == "unit" else ""
        spec = f"flow measured {{ data {domain}[{FEATURES}]; {layers}{base} }}\n"
        ours = compiled.Compiled(options.flowc, spec, os.path.join(options.folder, layer)) if layer in listed else None
        same = None
        for seed in range(options.seeds):
            generator = numpy.random.default_rng(seed)
            x = points(generator, domain)
            if ours:
                initial = ours.initial(generator)
                ours.set({key: value + options.noise * generator.normal(size=value.shape) for key, value in initial.items()})
            peer = None
            if peers:
                torch.manual_seed(seed)
                if name in peers.SAME_WEIGHTS:
                    peer, case = peers.same_weights(peers.SAME_WEIGHTS[name])
                else:
                    peer, case = peers.PEERS[name](), None
                shaken(peer, generator, options.noise)
                if case:
                    same = same or compiled.Compiled(options.flowc, case.text(PARITY), os.path.join(options.folder, layer + "_same"))
                    theirs = {key: value.detach().numpy() for key, value in case.module.named_parameters()}
                    same.set({key: theirs[its].reshape(same.shapes[key]) for key, its in case.names.items()})
            for dtype in ("f64", "f32"):
                if ours:
                    found["ours", dtype].append(of_model(ours, x, dtype))
                if same:
                    found["same", dtype].append(of_model(same, x, dtype))
                if peer:
                    found["peer", dtype].append(of_peer(peer, x, dtype))
        for dtype in NUMPY if same else ():
            ratio = numpy.exp(numpy.mean(numpy.log(numpy.array(found["same", dtype]) / numpy.array(found["peer", dtype])), axis=0))
            ratios.append(f"| {name} | {dtype} | {ratio[0]:.2f} | {ratio[1]:.2f} |")
        cells = [shown(worst(found[who, dtype])) for who in ("peer", "same", "ours") for dtype in NUMPY]
        print(f"| {name} | {library} | " + " | ".join(told + cells) + " |", flush=True)
    if ratios:
        print("\n| the same weights: flowc's errors / nflows', mean of all seeds | | x | log-det |\n|---|---|---|---|")
        print("\n".join(ratios))


# Splines whose parameters are data, so that every row is another one: formula, number of parameters, domain. On (0, 1) the parameters
# arrive by way of sigmoid.
BARE = {
    "rational-quadratic": ("rational_quadratic(v; simplex(p[:8], 8), simplex(p[8:16], 8), positive(p[16:]), 1)", 23, "real"),
    "quadratic": ("quadratic_spline(v; positive(logit(p)))", 9, "unit"),
    "linear": ("linear_spline(v; simplex(logit(p), 8))", 8, "unit"),
}


def count_wrong(error):
    error = numpy.where(numpy.isnan(error), numpy.inf, abs(error))
    return f"{error.max():.1e} ({(error > 1e-3).sum()})"


def our_spline(options, name, dtype, generator):
    formula, count, domain = BARE[name]
    base = "; base uniform" if domain == "unit" else ""
    spec = f"""layer bare(x) {{
  p, v = chunk(x, [{count}, 1])
  return concat(p, {formula})
}}
flow measured {{ data {domain}[{count + 1}]; bare{base} }}
"""
    model = compiled.Compiled(options.flowc, spec, os.path.join(options.folder, "bare_" + name))
    model.set({})
    p = generator.normal(0, 2, (SPLINES, count))
    v = generator.uniform(-1 if domain == "real" else 0, 1, (SPLINES, 1))
    x = numpy.hstack([1 / (1 + numpy.exp(-p)) if domain == "unit" else p, v]).astype(NUMPY[dtype])
    again, _ = model.to_data(model.to_latent(x, dtype)[0], dtype)
    return count_wrong(again[:, -1] - x[:, -1])


def their_spline(name, dtype, generator):
    count, function = peers.SPLINES[name]
    p = torch.from_numpy(generator.normal(0, 2, (SPLINES, count)).astype(NUMPY[dtype]))
    x = torch.from_numpy(generator.uniform(-1 if BARE[name][2] == "real" else 0, 1, SPLINES).astype(NUMPY[dtype]))
    error = numpy.full(SPLINES, numpy.inf)
    for rows in (slice(k, k + 1000) for k in range(0, SPLINES, 1000)):  # one wrong spline stops all that are asked for together
        try:
            error[rows] = (function(p[rows], function(p[rows], x[rows], False)[0], True)[0] - x[rows]).numpy()
        except (AssertionError, ValueError, RuntimeError):
            pass
    return count_wrong(error)


def splines(options):
    print("\n| spline | nflows: f32 | f64 | flowc: f32 | f64 |\n|---|---|---|---|---|")
    for name in BARE:
        cells = [their_spline(name, dtype, numpy.random.default_rng(1)) if peers else "-" for dtype in NUMPY]
        cells += [our_spline(options, name, dtype, numpy.random.default_rng(1)) for dtype in NUMPY]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flowc", default="flowc", help="the command")
    parser.add_argument("--folder", required=True, help="where models go")
    parser.add_argument("--noise", type=float, default=0.1, help="deviation of what is added to the weights")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", help="this row; may be given several times")
    parser.add_argument("--no-splines", action="store_true", help="no table of bare splines")
    options = parser.parse_args()
    options.flowc = os.path.abspath(options.flowc)
    table(options)
    if not options.no_splines:
        splines(options)


if __name__ == "__main__":
    main()

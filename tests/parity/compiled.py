"""Models that flowc has compiled, as functions of numpy arrays."""

import json
import os
import struct
import subprocess

import numpy


class Compiled:
    """`spec` compiled into `folder`, with more of flowc's options. Its parameters are what `set` was given last."""

    def __init__(self, flowc, spec, folder, *options):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        file = os.path.join(folder, "spec.flow")
        with open(file, "w") as out:
            out.write(spec)
        self.model = os.path.join(folder, "model")
        built = subprocess.run([flowc, file, "-o", self.model, *options], capture_output=True, text=True)
        if built.returncode != 0:
            raise RuntimeError(f"flowc refuses this spec:\n{spec}\n{built.stderr}")
        with open(os.path.join(self.model, "manifest.json")) as manifest:
            self.manifest = json.load(manifest)
        self.shapes = {p["name"]: tuple(p["shape"]) for p in self.manifest["parameters"]}

    def initial(self, generator):
        """Parameters as training begins with them, by name (but for starts from data)."""
        return {p["name"]: _initial(generator, p["init"], p["shape"]) for p in self.manifest["parameters"]}

    def set(self, parameters):
        """Parameters by name. They are stored as f64, which each element type rounds."""
        assert {name: array.shape for name, array in parameters.items()} == self.shapes
        write_safetensors(os.path.join(self.model, "parameters.safetensors"), parameters)

    def log_prob(self, x, dtype):
        return self._run(x, dtype, "log-prob")[:, 0]

    def to_latent(self, x, dtype):
        """z and the log-determinant."""
        result = self._run(x, dtype, "transform", "--to", "latent", "--with-log-det")
        return result[:, :-1], result[:, -1]

    def to_data(self, z, dtype):
        result = self._run(z, dtype, "transform", "--to", "data", "--with-log-det")
        return result[:, :-1], result[:, -1]

    def _run(self, rows, dtype, *command):
        source, target = (os.path.join(self.folder, name) for name in ("rows.npy", "result.npy"))
        numpy.save(source, rows)
        done = subprocess.run([os.path.join(self.model, "model"), *command, "-j", "1", "--dtype", dtype, "--data", source, "-o",
                               target],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        result = numpy.load(target)
        return result.reshape(len(rows), -1)


def _initial(generator, init, shape):
    if init["kind"] == "uniform":
        return generator.uniform(init["low"], init["high"], shape)
    if init["kind"] == "normal":
        return generator.normal(init["mean"], init["deviation"], shape)
    if init["kind"] == "constant":
        return numpy.full(shape, init["value"])
    return numpy.reshape(init["values"], shape).astype(float)


def write_safetensors(file, tensors):
    """A header as JSON with its length before it, then the numbers."""
    header, data = {}, b""
    for name, array in tensors.items():
        begin = len(data)
        data += numpy.asarray(array, dtype="<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + data)

# Training on a GPU, emulated, against training on the CPU: the same files of a run, up to rounding, whether it stays on one machine or goes
# from one to the other. Standard library alone. train.py FLOWC EMULATE_MODEL DRIVER_FOLDER FOLDER
import json
import math
import os
import random
import struct
import subprocess
import sys

flowc, emulate, driver, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
failures = 0


def run(command, **environment):
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if result.returncode:
        sys.exit("%s: exit %d\n%s%s" % (" ".join(command), result.returncode, result.stdout, result.stderr))
    return result.stderr


def tensors(path):
    """Every vector of a run's state, and what it says beside them."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header, values = json.loads(data[8:8 + length]), data[8 + length:]
    kind = {"F32": "f", "F64": "d"}
    vectors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            code = kind[entry["dtype"]]
            vectors[name] = struct.unpack("<%d%s" % ((end - first) // struct.calcsize(code), code), values[first:end])
    return vectors, header["__metadata__"]


def losses(path):
    with open(path + "/metrics.jsonl") as file:
        return [[v for k, v in sorted(json.loads(line).items()) if k.startswith(("train_", "valid_"))] for line in file]


def far(a, b, tolerance):
    return not abs(a - b) <= tolerance * max(1, abs(a))


def compare(what, one, other, tolerance):
    global failures
    (expected, words), (found, others) = tensors(one + "/optim.safetensors"), tensors(other + "/optim.safetensors")
    worst = 0.0
    for name, values in expected.items():
        largest = max(map(abs, values), default=0)
        if len(values) != len(found[name]) or not all(map(math.isfinite, found[name])):
            worst = math.inf
        elif largest > 0:
            worst = max(worst, max(abs(a - b) for a, b in zip(values, found[name])) / largest)
    pairs = list(zip(sum(losses(one), []), sum(losses(other), [])))
    wrong = worst > tolerance or words["step"] != others["step"] or len(pairs) == 0
    wrong |= len(losses(one)) != len(losses(other)) or any(far(a, b, tolerance) for a, b in pairs)
    print("%s: parameters and optimizer differ by %.2g; losses by %.2g%s" %
          (what, worst, max((abs(a - b) for a, b in pairs), default=0), "  WRONG" if wrong else ""))
    failures += wrong


random.seed(4)
ROWS = 150


def table(name, columns, row):
    with open(name, "w") as file:
        file.write(",".join(columns) + "\n")
        for _ in range(ROWS):
            file.write(",".join(str(value) for value in row()) + "\n")


table("x.csv", "abc", lambda: [random.gauss(1, 2), random.gauss(-1, 0.5), random.gauss(0, 1)])
table("weights.csv", "w", lambda: [random.choice([0, 0.5, 1, 3])])
table("labels.csv", "l", lambda: [random.randrange(3)])
table("context.csv", "cd", lambda: [random.gauss(0, 1), random.gauss(0, 1)])

COUPLING = "affine_coupling(mask = alternate, net = mlp(hidden = [4]))"
CASES = {
    "coupling": ("data real[3]; %s; actnorm; %s" % (COUPLING, COUPLING),
                 "--data x.csv --clip-norm 0.7 --ema 0.9 --l2 0.01 --warmup 3 --weight-decay 0.02", ["f32", "f64"]),
    "statistics": ("data real[3]; repeat 2 { %s; batch_norm }" % COUPLING,
                   "--data x.csv --weights weights.csv --optimizer sgd --momentum 0.8 --ema 0.5", ["f32", "f64"]),
    "labels": ("data real[3]; context label[3]; %s; %s" % (COUPLING, COUPLING), "--data x.csv --context labels.csv --weights weights.csv",
               ["f64"]),
    "energy": ("data real[2]; context real[2]; %s; %s; objective reverse_kl(bowl)" % (COUPLING, COUPLING),
               "--samples 150 --context context.csv", ["f64"]),
    "estimates": ("data real[3]; context label[3]; residual(net = contraction(hidden = [4])); actnorm; "
                  "objective likelihood(log_det = roulette)", "--data x.csv --context labels.csv", ["f64"]),
}

for name, (layers, options, dtypes) in CASES.items():
    energy = "energy bowl(x) = dot(x - context, x - context) / 2\n" if "bowl" in layers else ""
    with open(name + ".flow", "w") as file:
        file.write("%sflow %s { %s }\n" % (energy, name, layers))
    run([flowc, name + ".flow", "-O1", "--target", "cpu,cuda"])
    run([flowc, name + ".flow", "-O1", "--target", "cpu,cuda", "--emit", "scheduled", "-o", name + ".mlir"])
    run([emulate, name + ".mlir", name + ".so"])
    on_gpu = {"LD_LIBRARY_PATH": driver, "FLOWC_EMULATED_KERNELS": os.path.abspath(name + ".so")}

    def train(dtype, folder, device, steps, resume=False):
        place = ["--resume", folder] if resume else ["--run-dir", folder, "--batch-size", "65", "--lr", "0.01", "--seed", "3"]
        command = [name + "/model", "train", *options.split(), "--dtype", dtype, "--steps", str(steps), *place, "--device", device]
        if resume:  # what the run has of its own
            given = {"--data", "--weights", "--context"}
            words = options.split()
            kept = [w for i, w in enumerate(words) if w in given or (i and words[i - 1] in given)]
            command = [name + "/model", "train", *kept, "--dtype", dtype, "--steps", str(steps), *place, "--device", device]
        run(command, **on_gpu)

    for dtype in dtypes:
        tolerance = 1e-5 if dtype == "f32" else 1e-12
        whole, gpu, there, back = (name + "_" + dtype + "_" + word for word in ("cpu", "gpu", "there", "back"))
        for path in (whole, gpu, there, back):
            subprocess.run(["rm", "-rf", path])
        train(dtype, whole, "cpu", 6)
        train(dtype, gpu, "cuda", 6)
        compare("%s, %s, on a GPU" % (name, dtype), whole, gpu, tolerance)
        train(dtype, there, "cpu", 3)
        train(dtype, there, "cuda", 6, resume=True)
        compare("%s, %s, from the CPU to a GPU" % (name, dtype), whole, there, tolerance)
        train(dtype, back, "cuda", 3)
        train(dtype, back, "cpu", 6, resume=True)
        compare("%s, %s, from a GPU to the CPU" % (name, dtype), whole, back, tolerance)

sys.exit(failures > 0)

"""What is compared: models, the libraries that have them, sizes."""

DEPTH = 5  # layers of a flow

# A model, and the name by which each library's module has it (tests/parity/*_cases.py, flowjax_library.py).
MODELS = {
    "Real NVP": {"nflows": "affine_coupling", "normflows": "affine_coupling", "flowjax": "affine_coupling"},
    "MAF": {"nflows": "maf", "zuko": "maf", "flowjax": "maf"},
    "IAF": {"nflows": "iaf", "normflows": "iaf", "flowjax": "iaf"},
    "RQ-NSF (C)": {"nflows": "spline_coupling", "normflows": "spline_coupling", "flowjax": "spline_coupling"},
    "RQ-NSF (AR)": {"nflows": "spline_maf", "zuko": "spline_maf", "flowjax": "spline_maf"},
    "i-ResNet": {"normflows": "residual"},
}
LIBRARIES = ["nflows", "zuko", "normflows", "flowjax"]
COMPILES = {"nflows", "zuko", "normflows"}  # with torch.compile; flowjax is always jitted
MEASURES = ["train", "log_prob", "sample", "memory"]

# normflows estimates its log-determinants, flowc computes them: the densities need not agree, and products are not all there is.
ESTIMATED = {"i-ResNet"}

FEATURES, HIDDEN, BATCH = [6, 21, 63, 784], [64, 128, 512], [128, 1024, 8192, 65536]
# Sizes (features, hidden, batch) of a default run, in this order as far as its minutes go; and those of a quick one.
DEFAULT_SIZES = [(21, 128, 1024), (63, 128, 1024), (6, 64, 128), (63, 512, 1024), (21, 128, 65536), (784, 512, 128)]
QUICK_SIZES = [(6, 64, 128)]
QUICK_MODELS = ["Real NVP", "MAF"]

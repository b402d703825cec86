"""normflows: `forward` goes from latent to data, and so the last flow is the first of ours."""

import numpy
import torch
from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import AffineCouplingBlock, CoupledRationalQuadraticSpline, Planar, Radial, Residual
from normflows.nets import MLP
from normflows.nets.lipschitz import InducedNormLinear

from case import Case, matrices

FEATURES, WIDTH, BLOCKS = 7, 16, 2
RESIDUAL = ["initial_layer", *(f"blocks.{b}.linear_layers.{k}" for b in range(BLOCKS) for k in range(2)), "final_layer"]


def case(name, layer, flows, names, features=FEATURES, one_way=False, inexact_inverse=False, **options):
    """`names(ours, theirs)`: of one layer."""
    model = NormalizingFlow(DiagGaussian(features, trainable=False), flows)
    all_names = {}
    for k in range(len(flows)):
        all_names |= names(f"{k}.{layer}", f"flows.{len(flows) - 1 - k}")

    def sampled(z):
        density = model.q0.log_prob(z)
        for flow in model.flows:
            z, log_det = flow(z)
            density = density - log_det
        return z, density

    if one_way:
        directions = {"sampled": sampled}
    elif inexact_inverse:
        directions = {"density": model.log_prob, "to_latent": model.inverse}
    else:
        directions = {"density": model.log_prob, "to_data": model.forward}
    return Case(f"normflows {name}", "normflows.flow", [layer] * len(flows), model, all_names, features, **directions, **options)


def own(*names):
    return lambda ours, theirs: {f"{ours}.{name}": f"{theirs}.{name}" for name in names}


def residual(name, features, **options):
    def net():
        sizes = [features, WIDTH, WIDTH, features]
        steps = [InducedNormLinear(a, b, coeff=0.97, domain=2, codomain=2, n_iterations=5) for a, b in zip(sizes, sizes[1:])]
        return torch.nn.Sequential(steps[0], torch.nn.Tanh(), steps[1], torch.nn.Tanh(), steps[2])

    def names(ours, theirs):
        return matrices(f"{ours}.contraction", f"{theirs}.iresblock.nnet", "lipschitz_linear", [0, 2, 4])

    flows = [Residual(net(), reduce_memory=False, **options) for _ in range(2)]
    for flow in flows:  # numbers of the estimator, which no density depends on here
        flow.iresblock.geom_p.requires_grad_(False)
        flow.iresblock.lamb.requires_grad_(False)
    # Below both norms, so that neither library changes a matrix. Their fixed point stops at steps of 0.003.
    def limit(name, array):
        return array if array.ndim < 2 else array * (0.96 / numpy.linalg.norm(array))

    return case(name, "normflows_residual", flows, names, features, inexact_inverse=True, limit=limit, needs_gradients=True)


def cases():
    splines = [CoupledRationalQuadraticSpline(FEATURES, BLOCKS, WIDTH) for _ in range(2)]

    def spline_names(ours, theirs):
        names = matrices(f"{ours}.residual_net", f"{theirs}.prqct.transform_net", "linear", RESIDUAL)
        kinds = {"own_width": "widths", "own_height": "heights", "own_slope": "derivatives"}
        return names | {f"{ours}.{a}": f"{theirs}.prqct.unconditional_transform.unnormalized_{b}" for a, b in kinds.items()}

    def affine_names(ours, theirs):
        return matrices(f"{ours}.mlp_net", f"{theirs}.flows.1.param_map.net", "linear", [0, 2, 4])

    half = FEATURES // 2
    affine = [AffineCouplingBlock(MLP([FEATURES - half, WIDTH, WIDTH, 2 * half])) for _ in range(2)]
    return [
        case("planar", "normflows_planar", [Planar((FEATURES,)) for _ in range(3)], own("u", "w", "b"), one_way=True),
        case("radial", "normflows_radial", [Radial((FEATURES,)) for _ in range(3)], own("z_0", "alpha", "beta"), one_way=True),
        residual("residual of 2 features", 2, brute_force=True),
        residual("residual", FEATURES, exact_trace=True, n_power_series=300),
        case("affine coupling", "normflows_affine_coupling", affine, affine_names),
        case("rational-quadratic coupling", "normflows_spline_coupling", splines, spline_names),
    ]

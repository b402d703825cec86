"""normflows: `forward` goes from latent to data, and so the last flow is the first of ours."""

import numpy
import torch
from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import AffineCouplingBlock, CoupledRationalQuadraticSpline, MaskedAffineAutoregressive, Planar, Radial, Residual
from normflows.nets import MLP
from normflows.nets.lipschitz import InducedNormLinear

from case import Case, matrices

BLOCKS = 2
RESIDUAL = ["initial_layer", *(f"blocks.{b}.linear_layers.{k}" for b in range(BLOCKS) for k in range(2)), "final_layer"]


def case(name, layer, flows, names, features, options="", one_way=False, inexact_inverse=False, **more):
    """`names(ours, theirs)`: of one layer, which is given `options`."""
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
    else:
        directions = {"density": model.log_prob, "to_data": model.forward}
        if inexact_inverse:
            directions["to_latent"] = model.inverse
    return Case(f"normflows {name}", "normflows.flow", [layer + options] * len(flows), model, all_names, features, **directions, **more)


def own(*names):
    return lambda ours, theirs: {f"{ours}.{name}": f"{theirs}.{name}" for name in names}


def planar():
    return case("planar", "normflows_planar", [Planar((7,)) for _ in range(3)], own("u", "w", "b"), 7, one_way=True)


def radial():
    return case("radial", "normflows_radial", [Radial((7,)) for _ in range(3)], own("z_0", "alpha", "beta"), 7, one_way=True)


def residual(name="residual", depth=2, features=7, width=16, **estimator):
    def net():
        sizes = [features, width, width, features]
        steps = [InducedNormLinear(a, b, coeff=0.97, domain=2, codomain=2, n_iterations=5) for a, b in zip(sizes, sizes[1:])]
        return torch.nn.Sequential(steps[0], torch.nn.Tanh(), steps[1], torch.nn.Tanh(), steps[2])

    def names(ours, theirs):
        return matrices(f"{ours}.contraction", f"{theirs}.iresblock.nnet", "lipschitz_linear", [0, 2, 4])

    flows = [Residual(net(), **estimator) for _ in range(depth)]
    for flow in flows:  # numbers of the estimator, which no density depends on here
        flow.iresblock.geom_p.requires_grad_(False)
        flow.iresblock.lamb.requires_grad_(False)
    # Below both norms, so that neither library changes a matrix. Their fixed point stops at steps of 0.003.
    def limit(name, array):
        return array if array.ndim < 2 else array * (0.96 / numpy.linalg.norm(array))

    return case(name, "normflows_residual", flows, names, features, f"(width = {width})", inexact_inverse=True, limit=limit,
                needs_gradients=True)


def affine_coupling(depth=2, features=7, width=16):
    def names(ours, theirs):
        return matrices(f"{ours}.mlp_net", f"{theirs}.flows.1.param_map.net", "linear", [0, 2, 4])

    half = features // 2
    flows = [AffineCouplingBlock(MLP([features - half, width, width, 2 * half])) for _ in range(depth)]
    return case("affine coupling", "normflows_affine_coupling", flows, names, features, f"(width = {width})")


def spline_coupling(depth=2, features=7, width=16):
    def names(ours, theirs):
        of_net = matrices(f"{ours}.residual_net", f"{theirs}.prqct.transform_net", "linear", RESIDUAL)
        kinds = {"own_width": "widths", "own_height": "heights", "own_slope": "derivatives"}
        return of_net | {f"{ours}.{a}": f"{theirs}.prqct.unconditional_transform.unnormalized_{b}" for a, b in kinds.items()}

    flows = [CoupledRationalQuadraticSpline(features, BLOCKS, width) for _ in range(depth)]
    return case("rational-quadratic coupling", "normflows_spline_coupling", flows, names, features, f"(width = {width})")


def iaf(depth=2, features=7, width=16):
    def names(ours, theirs):
        return matrices(f"{ours}.residual_masked", f"{theirs}.autoregressive_net", "causal_linear", RESIDUAL)

    flows = [MaskedAffineAutoregressive(features, width, num_blocks=BLOCKS) for _ in range(depth)]
    return case("IAF", "normflows_iaf", flows, names, features, f"(width = {width})")


def cases():
    return [
        planar(), radial(),
        residual("residual of 2 features", features=2, reduce_memory=False, brute_force=True),
        residual(reduce_memory=False, exact_trace=True, n_power_series=300),
        affine_coupling(), spline_coupling(), iaf(),
    ]

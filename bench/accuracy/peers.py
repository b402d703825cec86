"""The libraries' models of the table, each as forward(x) and back(z), which give a point and a log-determinant."""

import os
import sys

import torch
from nflows.nn.nets import ResidualNet
from nflows.transforms import (CompositeTransform, PiecewiseCubicCouplingTransform, PiecewiseLinearCouplingTransform,
                               PiecewiseQuadraticCouplingTransform)
from nflows.transforms.splines import linear_spline, quadratic_spline, unconstrained_rational_quadratic_spline
from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import CoupledRationalQuadraticSpline, Residual
from normflows.nets import LipschitzMLP
from zuko.flows import NAF, NSF, SOSPF

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "parity"))
import nflows_cases

torch.set_num_threads(1)  # sums in one order

FEATURES, WIDTH, DEPTH = 8, 64, 5
SIZES = {"features": FEATURES, "width": WIDTH, "depth": DEPTH}


class Peer:
    def __init__(self, module, forward, back):
        self.module, self.forward, self.back = module, forward, back


def of_nflows(transform):
    return Peer(transform, transform, transform.inverse)


def same_weights(name):
    """A case of tests/parity: (the peer, the case, which has it in flowc's language)."""
    case = getattr(nflows_cases, name)(**SIZES)
    return of_nflows(case.module._transform), case


def coupling(transform, **options):
    def network(inputs, outputs):
        return ResidualNet(inputs, outputs, hidden_features=WIDTH, num_blocks=2)

    return of_nflows(CompositeTransform([transform(mask=torch.tensor([(i + k) % 2 for i in range(FEATURES)]), num_bins=8,
                                                   transform_net_create_fn=network, **options) for k in range(DEPTH)]))


def of_zuko(flow):
    return Peer(flow, lambda x: flow().transform.call_and_ladj(x), lambda z: flow().transform.inv.call_and_ladj(z))


def of_normflows(flows):
    model = NormalizingFlow(DiagGaussian(FEATURES, trainable=False), flows).eval()
    return Peer(model, model.inverse_and_log_det, model.forward_and_log_det)


def residuals():
    flows = [Residual(LipschitzMLP([FEATURES, WIDTH, WIDTH, FEATURES]), reduce_memory=False) for _ in range(DEPTH)]
    for flow in flows:  # these steer the estimator, and are no weights
        flow.iresblock.geom_p.requires_grad_(False)
        flow.iresblock.lamb.requires_grad_(False)
    return of_normflows(flows)


PEERS = {
    "cubic coupling": lambda: coupling(PiecewiseCubicCouplingTransform),
    "quadratic coupling": lambda: coupling(PiecewiseQuadraticCouplingTransform),
    "linear-spline coupling": lambda: coupling(PiecewiseLinearCouplingTransform, tails="linear", tail_bound=3.0),
    "NSF (AR)": lambda: of_zuko(NSF(FEATURES)),
    "NAF": lambda: of_zuko(NAF(FEATURES, transforms=2)),
    "SOSPF": lambda: of_zuko(SOSPF(FEATURES, degree=2, polynomials=2)),
    "coupled splines": lambda: of_normflows([CoupledRationalQuadraticSpline(FEATURES, 2, WIDTH) for _ in range(DEPTH)]),
    "residual": residuals,
}

SAME_WEIGHTS = {
    "affine coupling": "affine_coupling",
    "rational-quadratic coupling": "spline_coupling",
    "rational-quadratic AR": "spline_maf",
}


def rational_quadratic(p, x, inverse):
    return unconstrained_rational_quadratic_spline(x, p[:, :8], p[:, 8:16], p[:, 16:], inverse=inverse, tail_bound=1.0)


def quadratic(p, x, inverse):
    return quadratic_spline(x, p[:, :8], p[:, 8:], inverse=inverse)


def linear(p, x, inverse):
    return linear_spline(x, p, inverse=inverse)


# Bare splines: numbers of parameters, and the function.
SPLINES = {"rational-quadratic": (23, rational_quadratic), "quadratic": (17, quadratic), "linear": (8, linear)}

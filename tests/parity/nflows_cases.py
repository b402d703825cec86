"""nflows: `forward` goes from data to latent."""

import torch
from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.nn.nets import ResidualNet
from nflows.transforms import (AffineCouplingTransform, CompositeTransform, InverseTransform, MaskedAffineAutoregressiveTransform,
                               MaskedPiecewiseRationalQuadraticAutoregressiveTransform, PiecewiseRationalQuadraticCouplingTransform,
                               ReversePermutation)

from case import Case, matrices

BLOCKS = 2
RESIDUAL = ["initial_layer", *(f"blocks.{b}.linear_layers.{k}" for b in range(BLOCKS) for k in range(2)), "final_layer"]
SPLINE = {"num_bins": 8, "tails": "linear", "tail_bound": 3.0}


def case(name, layers, transforms, names, features):
    flow = Flow(CompositeTransform(transforms), StandardNormal([features])).eval()
    return Case(f"nflows {name}", "nflows.flow", layers, flow, names, features, flow.log_prob, lambda z: flow._transform.inverse(z)[0])


def coupling(name, layer, transform, depth=2, features=7, width=16, **options):
    def network(inputs, outputs):
        return ResidualNet(inputs, outputs, hidden_features=width, num_blocks=BLOCKS)

    transforms = [transform(mask=torch.tensor([(i + k) % 2 for i in range(features)]), transform_net_create_fn=network, **options)
                  for k in range(depth)]
    names = {}
    for k in range(depth):
        names |= matrices(f"{k}.{layer}.residual_net", f"_transform._transforms.{k}.transform_net", "linear", RESIDUAL)
    return case(name, [f"repeat {depth} {{ {layer}(width = {width}) }}"], transforms, names, features)


def autoregressive(name, layer, transform, depth=2, features=7, width=16, turned=False, **options):
    transforms, names = [], {}
    for k in range(depth):
        made = transform(features=features, hidden_features=width, num_blocks=BLOCKS, **options)
        transforms += [InverseTransform(made) if turned else made, ReversePermutation(features)]
        theirs = f"_transform._transforms.{2 * k}" + ("._transform" if turned else "")
        names |= matrices(f"{2 * k}.{layer}.residual_masked", f"{theirs}.autoregressive_net", "causal_linear", RESIDUAL)
    call = f"{layer}(width = {width})"
    return case(name, [f"repeat {depth} {{ {f'inverse({call})' if turned else call}; reverse }}"], transforms, names, features)


def affine_coupling(**sizes):
    return coupling("affine coupling", "nflows_affine_coupling", AffineCouplingTransform, **sizes)


def spline_coupling(**sizes):
    return coupling("rational-quadratic coupling", "nflows_spline_coupling", PiecewiseRationalQuadraticCouplingTransform, **SPLINE, **sizes)


def maf(**sizes):
    return autoregressive("MAF", "nflows_maf", MaskedAffineAutoregressiveTransform, **sizes)


def spline_maf(**sizes):
    return autoregressive("rational-quadratic AR", "nflows_spline_maf", MaskedPiecewiseRationalQuadraticAutoregressiveTransform, **SPLINE,
                          **sizes)


def iaf(**sizes):
    return autoregressive("IAF", "nflows_maf", MaskedAffineAutoregressiveTransform, turned=True, **sizes)


def cases():
    return [affine_coupling(), spline_coupling(), maf(), spline_maf(), iaf()]

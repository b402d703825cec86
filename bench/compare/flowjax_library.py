"""FlowJAX: the flows that its `flowjax.flows` makes, and the same in flowc's language (flowjax.flow)."""

import os

import equinox
import jax
import jax.numpy as jnp
import numpy
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow, masked_autoregressive_flow

BINS = 8
SPLINE = {"transformer": RationalQuadraticSpline(knots=BINS - 1, interval=3)}
# By name: the function that makes it with its options, and flowc's layer with its network.
FLOWS = {
    "affine_coupling": (coupling_flow, {}, "flowjax_affine_coupling", "mlp_net.linear"),
    "spline_coupling": (coupling_flow, SPLINE, "flowjax_spline_coupling", "mlp_net.linear"),
    "maf": (masked_autoregressive_flow, {}, "flowjax_maf", "masked_mlp.causal_linear"),
    "spline_maf": (masked_autoregressive_flow, SPLINE, "flowjax_spline_maf", "masked_mlp.causal_linear"),
    "iaf": (masked_autoregressive_flow, {"invert": False}, "flowjax_maf", "masked_mlp.causal_linear"),
}


class FlowJax:
    spec_folder = os.path.dirname(os.path.abspath(__file__))

    def __init__(self, model, features, hidden, depth):
        make, options, self.layer, self.net = FLOWS[model]
        self.turned, self.features, self.hidden, self.depth = model == "iaf", features, hidden, depth
        self.flow = make(jax.random.key(1), base_dist=Normal(jnp.zeros(features)), flow_layers=depth, nn_width=hidden, nn_depth=2,
                         **options)
        self.state = None
        self.key = jax.random.key(2)

    def layers(self):
        """The stacked parts of all layers: the network's matrices, and the permutation behind each."""
        bijection = self.flow.bijection
        coupled, permute = (bijection if self.turned else bijection.bijection).bijection.bijections
        net = coupled.masked_autoregressive_mlp if "maf" in self.layer else coupled.conditioner
        return net.layers, permute

    def spec(self, folder):
        """Ours goes from data to latent. FlowJAX's sampling direction runs an IAF's layers in their order, so that ours has them turned and
        in the opposite order."""
        _, permute = self.layers()
        lines = []
        kept = f"mask = {list(range(self.features // 2))}, " if "coupling" in self.layer else ""
        for k in range(self.depth):
            order = [int(i) for i in self.permutation(permute, k)]
            call = f"{self.layer}({kept}width = {self.hidden})"
            if self.turned:
                lines.insert(0, f"permute(order = {[order.index(i) for i in range(self.features)]})")
                lines.insert(1, f"inverse({call})")
            else:
                lines += [call, f"permute(order = {order})"]
        return f'import "{folder}/flowjax.flow"\n\nflow compared {{\n  data real[{self.features}]\n' + \
            "".join(f"  {line}\n" for line in lines) + "}\n"

    def permutation(self, permute, k):
        """Where each feature behind layer k comes from."""
        if not hasattr(permute, "permutation"):  # two features are exchanged
            return [1, 0]
        return numpy.asarray(permute.permutation[0][k] if isinstance(permute.permutation, tuple) else permute.permutation[k])

    def weights(self):
        linears, _ = self.layers()
        weights, used = {}, {}
        for k in range(self.depth):
            place = 2 * (self.depth - 1 - k) + 1 if self.turned else 2 * k
            for number, linear in enumerate(linears):
                name = f"{place}.{self.layer}.{self.net}" + (f".{number}" if number else "")
                masked = not isinstance(linear.weight, jax.Array)
                weight = numpy.asarray(linear.weight.args[1] if masked else linear.weight)[k]
                weights |= {name + ".weight": weight, name + ".bias": numpy.asarray(linear.bias)[k]}
                used[name + ".weight"] = int(numpy.asarray(linear.weight.args[0])[k].sum()) if masked else weight.size
        return weights, used

    def data(self, x):
        self.x = jnp.asarray(x)

    def density(self):
        return numpy.asarray(_log_prob(self.flow, self.x))

    def log_prob(self):
        _log_prob(self.flow, self.x).block_until_ready()

    def sample(self):
        self.key, key = jax.random.split(self.key)
        _sample(self.flow, key, len(self.x)).block_until_ready()

    def train(self):
        """What its `fit_to_data` does with a batch: Adam on all that can be trained."""
        if self.state is None:
            self.trained, self.rest = equinox.partition(self.flow, equinox.is_inexact_array,
                                                        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable))
            self.state = OPTIMIZER.init(self.trained)
        self.trained, self.state = _step(self.trained, self.rest, self.state, self.x)
        jax.block_until_ready(self.trained)


OPTIMIZER = optax.adam(1e-5)


@equinox.filter_jit
def _log_prob(flow, x):
    return paramax.unwrap(flow).log_prob(x)


@equinox.filter_jit
def _sample(flow, key, count):
    return paramax.unwrap(flow).sample(key, (count,))


@equinox.filter_jit
def _step(trained, rest, state, x):
    def loss(trained):
        return -paramax.unwrap(equinox.combine(trained, rest)).log_prob(x).mean()

    updates, state = OPTIMIZER.update(equinox.filter_grad(loss)(trained), state, trained)
    return equinox.apply_updates(trained, updates), state

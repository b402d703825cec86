"""One model, in flowc's language and in a library's modules."""

import torch


class Case:
    """`layers` of `spec` beside a library's model.

    `module` holds the library's parameters, `names` says which of them is which of flowc's, each by its full name; `limit(name, array)`
    brings random ones into the library's bounds. `density(x)` and `to_data(z)` are the library's. One that cannot go from data to latent
    has `sampled(z)` in their place, which gives x and its density; one whose `to_data` is inexact is judged by its `to_latent(x)`.
    `needs_gradients`: its density takes derivatives.
    """

    def __init__(self, name, spec, layers, module, names, features, density=None, to_data=None, to_latent=None, sampled=None,
                 limit=lambda name, array: array, needs_gradients=False):
        self.name, self.spec, self.layers, self.module, self.names = name, spec, layers, module, names
        self.features, self.density, self.to_data, self.to_latent, self.sampled = features, density, to_data, to_latent, sampled
        self.limit, self.needs_gradients = limit, needs_gradients

    def text(self, folder):
        return f'import "{folder}/{self.spec}"\n\nflow compared {{\n  data real[{self.features}]\n' + \
            "".join(f"  {layer}\n" for layer in self.layers) + "}\n"

    def set(self, parameters, dtype):
        """Every trained number of the library comes from one of flowc's, and the other way round."""
        self.module.to(dtype)
        theirs = {name: parameter for name, parameter in self.module.named_parameters() if parameter.requires_grad}
        assert set(self.names) == set(parameters), f"{self.name}: {set(self.names) ^ set(parameters)}"
        assert set(self.names.values()) == set(theirs), f"{self.name}: {set(self.names.values()) ^ set(theirs)}"
        with torch.no_grad():
            for ours, its in self.names.items():
                theirs[its].copy_(torch.from_numpy(parameters[ours]).reshape(theirs[its].shape))


def matrices(ours, theirs, function, modules):
    """Names of the weights and biases of a network's matrices: `function` of flowc is called once for each of the modules."""
    names = {}
    for number, module in enumerate(modules):
        place = f"{ours}.{function}" + (f".{number}" if number else "")
        names |= {f"{place}.{part}": f"{theirs}.{module}.{part}" for part in ("weight", "bias")}
    return names

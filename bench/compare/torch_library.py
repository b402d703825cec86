"""nflows, zuko and normflows: the models of tests/parity in any size, to be timed."""

import os
import sys

import torch

PARITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "parity")
sys.path.insert(0, PARITY)


def make_case(library, model, **sizes):
    """A case of tests/parity. Models are functions of these names there."""
    if library == "nflows":
        import nflows_cases as cases
    elif library == "zuko":
        import zuko_cases as cases
    else:
        import normflows_cases as cases
    return getattr(cases, model)(**sizes)


class TorchLibrary:
    """`compiled`: by torch.compile, with the fused Adam; or else as the library comes, with Adam's default."""

    spec_folder = PARITY

    def __init__(self, library, model, features, hidden, depth, threads, compiled):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.case = make_case(library, model, depth=depth, features=features, width=hidden)
        parameters = dict(self.case.module.named_parameters())
        with torch.no_grad():
            for ours, theirs in self.case.names.items():
                parameters[theirs].copy_(torch.from_numpy(self.case.limit(ours, parameters[theirs].numpy(force=True))))
        self.compiled, self.optimizer = compiled, None
        function = torch.compile if compiled else lambda f: f
        self._density, self._to_data = function(self.case.density), function(self.case.to_data)

    def spec(self, folder):
        return self.case.text(folder)

    def weights(self):
        """By flowc's names: the weights, and which of their elements take part in a product (all others are masked)."""
        modules, parameters = dict(self.case.module.named_modules()), dict(self.case.module.named_parameters())
        weights, used = {}, {}
        for ours, theirs in self.case.names.items():
            module, part = theirs.rsplit(".", 1)
            weights[ours] = parameters[theirs].detach().numpy().copy()
            mask = getattr(modules[module], "mask", None)
            if weights[ours].ndim == 2 and part == "weight":
                used[ours] = int((mask != 0).sum()) if mask is not None else weights[ours].size
        return weights, used

    def data(self, x):
        self.x = torch.from_numpy(x)

    def density(self):
        with torch.set_grad_enabled(self.case.needs_gradients):
            return self._density(self.x).detach().numpy()

    def log_prob(self):
        self.density()

    def sample(self):
        with torch.set_grad_enabled(self.case.needs_gradients):
            self._to_data(torch.randn(self.x.shape))

    def train(self):
        if self.optimizer is None:
            trained = [parameter for parameter in self.case.module.parameters() if parameter.requires_grad]
            self.optimizer = torch.optim.Adam(trained, lr=1e-5, **({"fused": True} if self.compiled else {}))
        self.optimizer.zero_grad()
        loss = -self._density(self.x).mean()
        loss.backward()
        self.optimizer.step()


def touch():
    """What PyTorch loads at its first product and step is not the model's memory."""
    layer = torch.nn.Linear(64, 64)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(64, 64)).sum().backward()
    optimizer.step()

"""zuko: a flow is a distribution, whose transform goes from data to latent."""

from zuko.flows import MAF, NSF

from case import Case, matrices

FEATURES, HIDDEN = 7, [16, 16]


def case(name, layer, flow):
    backwards = list(reversed(range(FEATURES)))  # the order of every second transform
    names = {}
    for k in range(2):
        names |= matrices(f"{k}.{layer}.masked_mlp", f"transform.transforms.{k}.hyper", "causal_linear", [0, 2, 4])
    return Case(f"zuko {name}", "zuko.flow", [layer, f"{layer}(place = {backwards})"], flow, names, FEATURES,
                lambda x: flow().log_prob(x), lambda z: flow().transform.inv(z))


def cases():
    options = {"features": FEATURES, "transforms": 2, "hidden_features": HIDDEN}
    return [case("MAF", "zuko_maf", MAF(**options)), case("NSF", "zuko_spline_maf", NSF(**options))]

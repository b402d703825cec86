"""zuko: a flow is a distribution, whose transform goes from data to latent."""

from zuko.flows import MAF, NSF

from case import Case, matrices



def case(name, layer, flow, depth=2, features=7, width=16):
    model = flow(features=features, transforms=depth, hidden_features=[width, width])
    backwards = list(reversed(range(features)))  # the order of every second transform
    places = ["", f"place = {backwards}, "]
    names = {}
    for k in range(depth):
        names |= matrices(f"{k}.{layer}.masked_mlp", f"transform.transforms.{k}.hyper", "causal_linear", [0, 2, 4])
    layers = [f"{layer}({places[k % 2]}hidden = [{width}, {width}])" for k in range(depth)]
    return Case(f"zuko {name}", "zuko.flow", layers, model, names, features, lambda x: model().log_prob(x),
                lambda z: model().transform.inv(z))


def maf(**sizes):
    return case("MAF", "zuko_maf", MAF, **sizes)


def spline_maf(**sizes):
    return case("NSF", "zuko_spline_maf", NSF, **sizes)


def cases():
    return [maf(), spline_maf()]

"""Results as a Markdown table, as JSON, and as a picture."""

import json

HEADER = "| model | library | D | hidden | batch | measure | flowc | of peak | library | times flowc's | compiled | times flowc's |\n" + \
    "|---" * 12 + "|"


TITLES = {"train": "training step", "log_prob": "log density", "sample": "sampling", "memory": "peak memory, training"}


def quantity(found):
    if found is None:
        return "-"
    if "why" in found:
        return found["why"][:60].replace("|", "/")
    if "bytes" in found:
        return f"{found['bytes'] / 2**20:.1f} MiB"
    seconds = found["seconds"]
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def times(found):
    if found is None or "ratio" not in found:
        return ""
    spread = f" ({found['low']:.1f} to {found['high']:.1f})" if "low" in found else ""
    return f"**{found['ratio']:.1f}**{spread}"


def line(row):
    names = [str(row[key]) for key in ("model", "library", "features", "hidden", "batch", "measure")]
    if "why" in row:
        return "| " + " | ".join(names + [row["why"][:100].replace("|", "/")] + [""] * 5) + " |"
    plain = row["peers"].get("eager") or row["peers"].get("jit")
    compiled = row["peers"].get("compiled")
    of_peak = row["flowc"].get("of_peak")
    cells = [quantity(row["flowc"]), f"{of_peak:.2f}" if of_peak else "-"]
    cells += [quantity(plain), times(plain), quantity(compiled), times(compiled)]
    return "| " + " | ".join(names + cells) + " |"


def write_json(path, machine, rows):
    with open(path, "w") as out:
        json.dump({"machine": machine, "results": rows}, out, indent=1)
        out.write("\n")


def draw(path, machine, rows):
    """A bar for every ratio, in panels by measure, on a logarithmic axis; right of 1 flowc is the faster (or the smaller)."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator
    colors = {"eager": "#4c72b0", "jit": "#55a868", "compiled": "#dd8452"}
    measures = [m for m in TITLES if any(r["measure"] == m and drawn(r) for r in rows)]
    if not measures:
        return False
    panels = {m: [r for r in rows if r["measure"] == m and drawn(r)] for m in measures}
    tallest = max(len(panel) for panel in panels.values())
    figure, axes = pyplot.subplots(1, len(measures), figsize=(4.6 * len(measures), 1.6 + 0.42 * tallest), squeeze=False)
    for axis, (measure, panel) in zip(axes[0], panels.items()):
        labels = []
        for place, row in enumerate(panel):
            labels.append(f"{row['model']}, {row['library']}\nD {row['features']}, {row['hidden']} wide, batch {row['batch']}")
            bars = [(name, found["ratio"]) for name, found in row["peers"].items() if "ratio" in found]
            for k, (name, ratio) in enumerate(bars):
                height = 0.8 / len(bars)
                where = place - 0.4 + height * (k + 0.5)
                axis.barh(where, ratio - 1, height, left=1, color=colors[name])
                text = f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"
                axis.text(max(ratio, 1) * 1.05, where, text, va="center", fontsize=7)
        axis.set_yticks(range(len(labels)), labels, fontsize=7)
        axis.invert_yaxis()
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set_xscale("log")
        low, high = axis.get_xlim()
        axis.set_xlim(min(low, 0.8), max(high, 2) * 1.6)
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 200 else (1,)))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.5g}"))
        axis.minorticks_off()
        axis.set_title(TITLES[measure])
        axis.set_xlabel("times flowc's")
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=color) for color in colors.values()]
    figure.legend(handles, ["PyTorch, eager", "JAX, jit", "PyTorch, torch.compile"], loc="lower center", ncol=3, frameon=False)
    figure.suptitle(f"flowc beside other libraries, f32, {machine['threads']} thread{'s' if machine['threads'] > 1 else ''}, "
                    f"{machine['processor']}", fontsize=10)
    figure.tight_layout(rect=(0, 0.35 / figure.get_figheight(), 1, 1))
    figure.savefig(path, dpi=130)
    return True


def drawn(row):
    return any("ratio" in found for found in row.get("peers", {}).values())

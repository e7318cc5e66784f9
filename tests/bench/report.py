# SPDX-License-Identifier: Apache-2.0
"""What comes out of the benchmark: measured.json, measured.md and measured.svg, into one folder."""
import html
import json

# Of the row, in this view: at most so much of the base, and of the floor.
TARGETS = {
    ("v2", "run realistic"): (0.35, 1.5), ("v2", "run minimal"): (0.38, 1.6), ("v1", "run realistic"): (0.45, 1.4),
    ("v1", "create"): (0.35, None), ("v1", "start"): (0.20, None), ("v1", "delete"): (0.30, None),
    ("v1", "exec"): (0.25, 2.0), ("v1", "state"): (0.35, None), ("v1", "kill"): (0.35, None),
    ("v1", "list 1000"): (0.45, 1.3), ("v1", "100 runs, 1 at a time"): (0.40, None),
    ("v1", "100 runs, 64 at a time"): (0.40, None), ("v1", "peak RSS of run"): (0.30, None),
    ("v1", "PSS of the waiting init"): (0.10, None), ("v1", "smallest memory limit"): (1.0, None),
    ("v1", "system calls of run minimal"): (0.45, None), ("v1", "system calls of run realistic"): (0.45, None),
}
MINE = ("rundlet", "rundlet-static", "rundlet-musl")
WIDTH, BAR, GAP, LEFT, RIGHT = 900, 12, 14, 260, 120
COLOURS = {"rundlet": "#2a6f4e", "rundlet-static": "#63a583",
           "rundlet-musl": "#9cc9ae", "crun": "#b8792b", "runc": "#8a8fa3", "floor": "#333333"}


def number(value):
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}"


def cell(of):
    if "failed" in of:
        return "failed"
    text = f"{number(of['median'])} ({number(of['min'])})"
    return text + (f" **{of['ratio']:.2f}** ({of['min_ratio']:.2f})" if "ratio" in of else "")


def table(rows):
    names = list(dict.fromkeys(name for row in rows.values() for name in row["of"]))
    lines = ["| what | unit | " + " | ".join(names) + " |", "| --- | --- |" + " ---: |" * len(names)]
    for what, row in rows.items():
        cells = [cell(row["of"][n]) if n in row["of"] else "" for n in names]
        lines.append(f"| {what} | {row['unit']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def judge(ratios, limit, what):
    """Of the paired ratio and that of the minima: only when both say the same, it is known."""
    within = [ratio <= limit for ratio in ratios]
    return f"{what}: " + ("met" if all(within) else "unclear" if any(within) else "missed")


def verdict(of, target, floor, base):
    if "ratio" not in of:
        return "failed"
    told = [judge((of["ratio"], of["min_ratio"]), target, "crun")] if base.startswith("crun") else ["no crun here"]
    if floor:
        told.append(judge((of["of_floor"], of["min_of_floor"]), floor, "floor") if "of_floor" in of
                    else "floor: not measured")
    return ", ".join(told)


def targets(views):
    lines = ["| view | what | program | at most | measured | of the floor, at most | measured | verdict |",
             "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for (view, what), (target, floor) in TARGETS.items():
        row = views.get(view, {}).get("rows", {}).get(what)
        base = views[view]["base"] if row else ""
        for name in MINE if row else ():
            of = row["of"].get(name)
            if not of:
                continue
            ratio = f"{of['ratio']:.2f} ({of['min_ratio']:.2f})" if "ratio" in of else "-"
            over = f"{of['of_floor']:.2f} ({of['min_of_floor']:.2f})" if "of_floor" in of else "-"
            lines.append(f"| {view} | {what} | {name} | {target:.2f} of {base} | {ratio} | {floor or '-'} | {over} | "
                         f"{verdict(of, target, floor, base)} |")
    return "\n".join(lines)


def markdown(result):
    text = [f"# What was measured\n\nMade by `./dev bench`; not edited by hand. Linux {result['kernel']}, "
            f"{result['cpus']} CPUs, load {result['load'][0]:.1f} before and {result['load'][1]:.1f} after, "
            f"{result['rounds']} rounds.\n\n"
            "Each cell: median (minimum) **ratio** (ratio of the minima). The ratio is the median over the rounds of "
            "this program's time by the base's in the same round.\nBase: Debian's crun, or the next of the list where "
            "crun fails.\n",
            "Programs:\n\n" + "\n".join(f"- {k}: {v}" for k, v in result["programs"].items()),
            "\n![Ratios](measured.svg)\n", "## Targets\n", targets(result["views"])]
    for view, part in result["views"].items():
        text += [f"\n## View {view}\n", f"Base: {part['base']}. Realistic bundle: `{part['realistic']}`.\n"]
        text += [f"- {name} is not in it: {why}" for name, why in part["absent"].items()]
        text += ["", table(part["rows"])]
    return "\n".join(text) + "\n"


def svg(result):
    """One bar for each program and row: the ratio to the base."""
    bars = [(view, what, name, of["ratio"]) for view, part in result["views"].items()
            for what, row in part["rows"].items() for name, of in row["of"].items() if "ratio" in of]
    out, y, last, longest = [], 30, None, max((b[3] for b in bars), default=1)
    scale = (WIDTH - LEFT - RIGHT) / min(longest, 2.5)
    for view, what, name, ratio in bars:
        if (view, what) != last:
            y += GAP
            out.append(f'<text x="8" y="{y + 10}" font-weight="bold">{html.escape(f"{view}: {what}")}</text>')
            last = (view, what)
        width = min(ratio * scale, WIDTH - LEFT - RIGHT)
        out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}" '
                   f'fill="{COLOURS.get(name, "#6677aa")}"/>')
        out.append(f'<text x="{LEFT + width + 4:.1f}" y="{y + 9}">{ratio:.2f} {html.escape(name)}</text>')
        y += BAR
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 20}" font-family="sans-serif" '
            'font-size="10"><rect width="100%" height="100%" fill="white"/>'
            '<text x="8" y="20" font-size="14">Paired ratio to the base of each view (shorter is better)</text>')
    return head + "".join(line + "\n" for line in out) + "</svg>\n"


def write(folder, result):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "measured.json").write_text(json.dumps(result, indent="\t") + "\n")
    (folder / "measured.md").write_text(markdown(result))
    (folder / "measured.svg").write_text(svg(result))

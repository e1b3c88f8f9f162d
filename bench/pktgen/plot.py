"""A bar chart of a packet-generator run as SVG: best (light) and median (dark) Mpps per frame size and direction."""

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 860, 380, 60, 60, 50
COLOURS = {"encapsulate": ("#f3c568", "#c98a00"), "decapsulate": ("#8fb8de", "#2f6ea5")}


def bars(report):
    results = report["results"]
    directions = list(dict.fromkeys(r["direction"] for r in results))
    sizes = list(dict.fromkeys(r["size"] for r in results))
    top = max(r["best_pps"] for r in results) / 1e6 * 1.1 or 1
    plot_width, plot_height = WIDTH - LEFT - 20, HEIGHT - BOTTOM - TOP
    group = plot_width / len(sizes)
    bar = group * 0.8 / len(directions)

    def y(mpps):
        return TOP + plot_height * (1 - mpps / top)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">Mpps by frame size (best light, median dark)</text>',
        f'<text x="{LEFT}" y="38" fill="#666">{report["hardware"]}</text>',
    ]
    for tick in range(6):
        value = top * tick / 5
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    for result in results:
        light, dark = COLOURS[result["direction"]]
        x = LEFT + sizes.index(result["size"]) * group + group * 0.1 + directions.index(result["direction"]) * bar
        for key, colour in (("best_pps", light), ("median_pps", dark)):
            value = result[key] / 1e6
            out.append(
                f'<rect x="{x:.1f}" y="{y(value):.1f}" width="{bar - 3:.1f}" height="{y(0) - y(value):.1f}" fill="{colour}"/>'
            )
    for index, size in enumerate(sizes):
        out.append(f'<text x="{LEFT + (index + 0.5) * group:.1f}" y="{HEIGHT - 38}" text-anchor="middle">{size} B</text>')
    for index, direction in enumerate(directions):
        x = LEFT + index * 140
        out.append(f'<rect x="{x}" y="{HEIGHT - 22}" width="12" height="12" fill="{COLOURS[direction][1]}"/>')
        out.append(f'<text x="{x + 18}" y="{HEIGHT - 12}">{direction}</text>')
    return "\n".join([*out, "</svg>", ""])

# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout's picture in one HTML file that needs nothing else, with the same in words below it.

PRIVATE to the collection. Pure.
"""

from __future__ import annotations

import html
import typing as t

from ansible_collections.progressive.delivery.plugins.module_utils._rollout.layout import MOST_METRICS
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.picture import TONES, draw, heading
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.time_axis import duration, utc
from ansible_collections.progressive.delivery.plugins.module_utils._rollout.timeline import Timeline

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 "DejaVu Sans", Verdana, Arial, sans-serif; margin: 1em auto; max-width: 1300px; padding: 0 1em; }}
body {{ color: #222; background: #fff; }}
svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; margin-bottom: 2em; }}
caption {{ font-weight: bold; text-align: left; padding: 0.5em 0; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.2em 1.2em 0.2em 0; border-bottom: 1px solid #ddd; }}
td:first-child {{ white-space: nowrap; }}
</style>
</head>
<body>
<main>
<figure style="margin: 0" role="img" aria-label="{title}; the tables below say the same">
{svg}
</figure>
{tables}
</main>
</body>
</html>
"""


def page(timeline: Timeline) -> str:
    """The HTML file; raises MissingLibrary as :func:`draw` does."""
    svg = draw(timeline)
    happened = [(utc(mark.at), "{0} {1}".format(TONES[mark.tone][1], mark.label), mark.text) for mark in timeline.marks]
    steps = [
        (
            utc(span.since),
            "back" if span.back else "" if span.step is None else str(span.step + 1),
            span.label,
            duration(span.until - span.since),
        )
        for span in timeline.spans
    ]
    tables = [
        _table("What happened", ("time (UTC)", "what", "in full"), happened),
        _table("Steps", ("begun (UTC)", "step", "what", "took"), steps),
    ]
    undrawn = [course.name for course in timeline.courses[MOST_METRICS:]]
    if undrawn:
        tables.append("<p>Not drawn, as there are too many metrics: {0}.</p>".format(html.escape(", ".join(undrawn))))
    return _PAGE.format(title=html.escape(heading(timeline)), svg=svg[svg.index("<svg") :], tables="\n".join(tables))


def _table(caption: str, heads: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = ["<table>", "<caption>{0}</caption>".format(caption), _row("th", heads)]
    lines += [_row("td", row) for row in rows]
    return "\n".join([*lines, "</table>"])


def _row(tag: str, cells: t.Sequence[str]) -> str:
    return "<tr>{0}</tr>".format("".join("<{0}>{1}</{0}>".format(tag, html.escape(cell)) for cell in cells))

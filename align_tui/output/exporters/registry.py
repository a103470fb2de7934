"""Every format that a run is exported in, one line each."""

from __future__ import annotations

from align_tui.core.registry import Registry
from align_tui.output.exporters.base import Exporter

EXPORTERS = Registry(
    "export format",
    "align_tui.exporters",
    Exporter,
    {
        "jsonl": "align_tui.output.exporters.jsonl:JSONL",
        "csv": "align_tui.output.exporters.csv:CSV",
        "csv-targets": "align_tui.output.exporters.csv:CSV_BY_TARGET",
        "parquet": "align_tui.output.exporters.parquet:PARQUET",
        "markdown": "align_tui.output.exporters.markdown:MARKDOWN",
        "align-system": "align_tui.output.exporters.align_system:ALIGN_SYSTEM",
        "inspect": "align_tui.output.exporters.inspect:INSPECT",
        "report": "align_tui.output.exporters.report:MARKDOWN_REPORT",
        "report-html": "align_tui.output.exporters.report:HTML_REPORT",
    },
)

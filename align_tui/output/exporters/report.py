"""Reports over one run, in Markdown and as one HTML page with plots."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.output.exporters.base import Exporter
from align_tui.store.database import Database


def markdown_report(db: Database, run: str) -> Iterator[str]:
    """The report in Markdown, in one piece."""
    from align_tui.output.report.data import gather
    from align_tui.output.report.markdown import markdown

    yield markdown(gather(db, [run]))


def html_report(db: Database, run: str) -> Iterator[str]:
    """The report as one HTML page, in one piece."""
    from align_tui.output.report.data import gather
    from align_tui.output.report.html import html

    yield html(gather(db, [run]))


MARKDOWN_REPORT = Exporter("report in Markdown", "-report.md", markdown_report)
HTML_REPORT = Exporter("report as one HTML page with plots", "-report.html", html_report)

"""Types of the store's values that screens, reports and viewers show.

Code that shows them imports their types from here, so that it need not know the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.basis import Basis as Basis
    from align_tui.store.database import Database as Database
    from align_tui.store.history import RunDetail as RunDetail
    from align_tui.store.history import RunLine as RunLine
    from align_tui.store.results import Result as Result
    from align_tui.store.results import StoredResponse as StoredResponse
    from align_tui.store.run_annotations import Annotation as Annotation
    from align_tui.store.runs import Cancelled as Cancelled
    from align_tui.store.search import Hit as Hit
    from align_tui.store.workers import WorkerRow as WorkerRow

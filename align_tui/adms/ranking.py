"""What decision-makers with predictions, those of other packages too, need to rank choices."""

from __future__ import annotations

from align_tui.config.alignment import HISTORY as HISTORY
from align_tui.config.alignment import alignment_function as alignment_function
from align_tui.core.alignment.partial import LEFT_OUT as LEFT_OUT
from align_tui.core.alignment.partial import rank_some as rank_some
from align_tui.core.alignment.partial import rated_choices as rated_choices
from align_tui.core.alignment.partial import unranked as unranked

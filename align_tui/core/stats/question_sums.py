"""Count right answers question by question, so that one decision can be added or removed."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache

from align_tui.core.families import Clustering
from align_tui.core.stats.clusters import effective_size, t_quantile, wilson_interval
from align_tui.core.stats.rates import Rate, make_rate


class QuestionSums:
    """The mean over questions as `clustered_rate` has it, kept up to date.

    A change costs the same however many questions there are. The sums are integers: in units of
    1/L, with L the least common multiple of 1 to `repeats`, every question's mean is one. So the
    rate is the same to the last bit, in whatever order decisions came and went.
    """

    def __init__(self, clustering: Clustering, repeats: int) -> None:
        self.decisions = self.correct = self.questions = 0
        self._rate: Rate | None = None
        # Is every decision a question and a cluster of its own?
        self.plain = clustering.rule == "none" or (clustering.single and repeats == 1)
        if self.plain:
            return
        self._of = None if clustering.single else clustering.of
        self._unit = _least_common_multiple(repeats)
        none = [0] * len(clustering.of)
        self._times, self._right = array("L", none), array("L", none)
        self._before: dict[int, tuple[int, int]] = {}  # by question, as the sums below have it
        self.questions = self._mixed = self._sum = self._squares = 0
        if self._of is not None:
            # By cluster: how many of its questions were asked, and the sum of their means.
            self._asked, self._total = array("L", none), none
            self._clusters = self._products = self._sizes = 0

    def change(self, question: int, right: int, times: int) -> int:
        """Add `times` decisions of which `right` are right; negative numbers remove them.

        Returns by how much the number of questions changes.
        """
        self.decisions += times
        self.correct += right
        self._rate = None
        if self.plain:
            self.questions += times
            return times
        before, were = self._times[question], self._right[question]
        if question not in self._before:
            self._before[question] = before, were
        self._times[question], self._right[question] = before + times, were + right
        more = (before + times > 0) - (before > 0)
        self.questions += more
        return more

    def _settle(self) -> None:
        """Bring the sums up to date with the questions that changed."""
        unit = self._unit
        for question, (before, were) in self._before.items():
            after, are = self._times[question], self._right[question]
            old = were * (unit // before) if before else 0
            new = are * (unit // after) if after else 0
            self._mixed += (0 < are < after) - (0 < were < before)
            self._sum += new - old
            if self._of is None:
                self._squares += new * new - old * old
            else:
                more = (after > 0) - (before > 0)
                self._settle_cluster(self._of[question], more, new - old)
        self._before.clear()

    def _settle_cluster(self, cluster: int, more: int, added: int) -> None:
        size, total = self._asked[cluster], self._total[cluster]
        into, sums = size + more, total + added
        self._asked[cluster], self._total[cluster] = into, sums
        self._clusters += (into > 0) - (size > 0)
        self._squares += sums * sums - total * total
        self._products += into * sums - size * total
        self._sizes += into * into - size * size

    def mean(self) -> float:
        """The accuracy of what is counted now, 0..1. There has to be a decision."""
        if self.plain:
            return self.correct / self.decisions
        self._settle()
        return self._sum / (self._unit * self.questions)

    def rate(self) -> Rate:
        """The rate over what is counted now; the same object while nothing changes."""
        if self._rate is None:
            self._rate = self._made()
        return self._rate

    def _made(self) -> Rate:
        if self.plain or not self.decisions:
            return make_rate(self.correct, self.decisions)
        self._settle()
        n = self.questions
        clusters = n if self._of is None else self._clusters
        mean = self._sum / (self._unit * n)
        se = self._standard_error(n, clusters)
        counts = self.decisions, self.correct, mean
        if n == clusters and not self._mixed:
            low, high = wilson_interval(mean, n)
            return Rate(*counts, low, high, n, clusters, "wilson", se)
        if se is None:
            return Rate(*counts, 0.0, 1.0, n, clusters, "one cluster")
        size = effective_size(mean, se, n, clusters, self.decisions)
        low, high = wilson_interval(mean, size, t_quantile(clusters - 1))
        return Rate(*counts, low, high, n, clusters, "cluster", se)

    def _standard_error(self, n: int, clusters: int) -> float | None:
        """As `clusters.standard_error`: the sum over clusters of (V - size * mean)^2, expanded."""
        if clusters < 2:
            return None
        products, sizes = (self._sum, n) if self._of is None else (self._products, self._sizes)
        squares = self._squares * n * n - 2 * self._sum * n * products + self._sum**2 * sizes
        return math.sqrt(clusters * squares / ((clusters - 1) * self._unit**2 * n**4))


@lru_cache(maxsize=64)
def _least_common_multiple(most: int) -> int:
    return math.lcm(*range(1, most + 1))

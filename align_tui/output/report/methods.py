"""How the numbers of a report are computed: a sentence for each method, with its reference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

MethodName = Literal[
    "position",
    "always",
    "repeats",
    "wilson",
    "clusters",
    "newcombe",
    "cluster difference",
    "few clusters",
    "sign flip",
    "drawn signs",
    "margin",
    "power",
    "needed",
    "agreement",
    "steering",
    "flips",
    "expected",
    "chance",
    "chance in clusters",
    "macro",
    "bounds",
    "spread",
    "holm",
]


@dataclass(frozen=True, slots=True)
class Method:
    """A sentence on a method, and the publications that it follows."""

    sentence: str
    references: tuple[str, ...] = ()


MILLER = "E. Miller. Adding error bars to evals. arXiv:2411.00640, 2024."
FAGERLAND = (
    "M. W. Fagerland, S. Lydersen, P. Laake. The McNemar test for binary matched-pairs data. "
    "BMC Medical Research Methodology 13:91, 2013."
)
HONG = (
    "Y. Hong. On computing the distribution function for the Poisson binomial "
    "distribution. Computational Statistics & Data Analysis 59, 2013."
)
METHODS: dict[MethodName, Method] = {
    "position": Method(
        "P(first) is the share of decisions that took the choice shown first; it has the interval "
        "of an accuracy, and stands beside the mean of 1 / choices, which is that of a "
        "decision-maker that sees no order.",
        (
            "C. Zheng, H. Zhou, F. Meng, J. Zhou, M. Huang. Large language models are not robust "
            "multiple choice selectors. arXiv:2309.03882, 2023.",
            "P. Pezeshkpour, E. Hruschka. Large language models sensitivity to the order of "
            "options in multiple-choice questions. arXiv:2308.11483, 2023.",
        ),
    ),
    "always": Method(
        "Choosers of one place were tested against a uniform chooser, two-sided, by the "
        "Poisson-binomial distribution, each place and target by itself.",
        (HONG,),
    ),
    "repeats": Method(
        "Repeats of a question were averaged before anything else, so that a question counts once.",
        (MILLER,),
    ),
    "wilson": Method(
        "Accuracies have Wilson's 95 % score interval.",
        (
            "E. B. Wilson. Probable inference, the law of succession, and statistical inference. "
            "Journal of the American Statistical Association 22, 1927.",
        ),
    ),
    "clusters": Method(
        "Only clusters of questions were taken as independent: the standard errors are "
        "cluster-robust, and the intervals are Wilson's with the effective sample size and the "
        "quantile of Student's t for the number of clusters minus one.",
        (
            MILLER,
            "N. Dean, M. Pagano. Evaluating confidence interval methods for binomial proportions "
            "in clustered surveys. Journal of Survey Statistics and Methodology 3, 2015.",
        ),
    ),
    "newcombe": Method(
        "Differences of paired proportions have Newcombe's interval (method 10).",
        (
            "R. G. Newcombe. Improved confidence intervals for the difference between binomial "
            "proportions based on paired data. Statistics in Medicine 17, 1998.",
        ),
    ),
    "cluster difference": Method(
        "Differences within clusters have an interval that adds the two cluster-robust intervals "
        "with the correlation of their cluster sums; where it reaches further, the difference plus "
        "or minus t standard errors.",
        (
            "G. Y. Zou, A. Donner. Construction of confidence limits about effect measures: a "
            "general approach. Statistics in Medicine 27, 2008.",
        ),
    ),
    "few clusters": Method(
        "With five to nine clusters the interval of a difference was widened to hold every "
        "difference that the sign-flip test does not reject.",
        (
            "J. A. Hartigan. Using subsample values as typical values. Journal of the American "
            "Statistical Association 64, 1969.",
            "D. Tritchler. On inverting permutation tests. Journal of the American Statistical "
            "Association 79, 1984.",
        ),
    ),
    "sign flip": Method(
        "Differences were tested, two-sided, by an exact sign-flip test over clusters with mid-p.",
        (FAGERLAND,),
    ),
    "drawn signs": Method(
        "Where there were too many assignments of signs to count, 99,999 were drawn.",
    ),
    "margin": Method(
        "Two columns are tied where the 95 % interval of their difference lies inside the margin.",
        (
            "D. J. Schuirmann. A comparison of the two one-sided tests procedure and the power "
            "approach for assessing the equivalence of average bioavailability. Journal of "
            "Pharmacokinetics and Biopharmaceutics 15, 1987.",
        ),
    ),
    "power": Method(
        "The detectable difference has 80 % power in a two-sided t test at 5 % over clusters, by "
        "the noncentral t distribution and the observed standard error.",
        (MILLER,),
    ),
    "needed": Method(
        "The sizes that smaller differences need take the observed standard error to shrink with "
        "the root of the number of clusters.",
        (MILLER,),
    ),
    "agreement": Method(
        "Agreement was corrected for chance by S.",
        (
            "E. M. Bennett, R. Alpert, A. C. Goldstein. Communications through limited-response "
            "questioning. Public Opinion Quarterly 18, 1954.",
        ),
    ),
    "steering": Method(
        "The steering effect is the mean label of the choices under the high target minus that "
        "under the low target, over the same questions and with the same decision-maker.",
    ),
    "flips": Method(
        "The flip rate is the share of decisions that differ between the two targets.",
    ),
    "expected": Method(
        "The expected accuracy is the mean of the probabilities that the model gave to the right "
        "choices.",
    ),
    "chance": Method(
        "Accuracies were tested against a uniform chooser, one-sided, by the exact tail of the "
        "Poisson-binomial distribution, in which each question has a chance of its own.",
        (HONG,),
    ),
    "chance in clusters": Method(
        "In that test the questions of a cluster counted as right together as often as their "
        "chances allow, and repeats as one answer, which is cautious; between two whole numbers "
        "of right answers p was interpolated.",
    ),
    "macro": Method(
        "The mean over attributes counts each attribute once; its interval combines those of the "
        "attributes by MOVER, with the correlation that shared clusters cause.",
        (
            "A. Donner, G. Y. Zou. Closed-form confidence intervals for functions of the normal "
            "mean and standard deviation. Statistical Methods in Medical Research 21, 2012.",
            "G. Y. Zou, A. Donner. Construction of confidence limits about effect measures: a "
            "general approach. Statistics in Medicine 27, 2008.",
        ),
    ),
    "bounds": Method(
        "Failed samples are in no accuracy; bounds count all of them as wrong, and as right.",
        (
            "C. F. Manski. Nonparametric bounds on treatment effects. American Economic Review "
            "80, 1990.",
        ),
    ),
    "spread": Method(
        "The spread over repeats, each with seeds of its own, is the standard deviation and the "
        "range of their accuracies.",
    ),
    "holm": Method(
        "Where several tests stand together, p was adjusted by Holm's method.",
        (
            "S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian "
            "Journal of Statistics 6, 1979.",
        ),
    ),
}


def methods_paragraph(used: Collection[str]) -> str:
    """The sentences of the used methods in one order, each with the numbers of its references."""
    numbers = {text: place for place, text in enumerate(references(used), start=1)}
    sentences = []
    for name in get_args(MethodName):
        if name in used:
            method = METHODS[name]
            cited = ", ".join(str(numbers[text]) for text in method.references)
            sentences.append(f"{method.sentence[:-1]} [{cited}]." if cited else method.sentence)
    return " ".join(sentences)


def references(used: Collection[str]) -> tuple[str, ...]:
    """The publications of the used methods, each once, in the order in which they are cited."""
    return tuple(
        dict.fromkeys(
            text for name in get_args(MethodName) if name in used
            for text in METHODS[name].references
        )
    )  # fmt: skip

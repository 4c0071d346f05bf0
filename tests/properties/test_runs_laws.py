"""Laws of runs: taken at once or segment by segment, in whatever batches, a capture gives the same trace.

`SIGTRACE_EXAMPLES=20000 pytest tests/properties/test_runs_laws.py` tries so many examples of each law.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sigtrace.pipeline import Analyzer
from tests.builders.packets import batch_of
from tests.builders.traffic import cut, make_exchanges, make_traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigtrace.capture.batch import Batch
    from sigtrace.trace import Trace

EXAMPLES = int(os.environ.get("SIGTRACE_EXAMPLES", "100"))


def trace_of(batches: Iterable[Batch], *, runs: bool, all_flows: bool) -> Trace:
    """Analyse a capture."""
    analyzer = Analyzer(runs=runs, all_flows=all_flows)
    for batch in batches:
        analyzer.feed(batch)
    return analyzer.close()


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32), all_flows=st.booleans(), whole=st.booleans())
def test_runs_tell_the_same(seed: int, *, all_flows: bool, whole: bool) -> None:
    """The trace of a capture, damaged or not, does not depend on whether runs are taken."""
    records = make_traffic(random.Random(seed))  # noqa: S311 - not for secrets
    batches = [batch_of(records)] if whole else [*cut(records, random.Random(seed))]  # noqa: S311 - the same
    plain = trace_of(batches, runs=False, all_flows=all_flows)
    assert trace_of(batches, runs=True, all_flows=all_flows) == plain


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32), all_flows=st.booleans(), whole=st.booleans())
def test_conversations_tell_the_same(seed: int, *, all_flows: bool, whole: bool) -> None:
    """Nor on whether whole connections are."""
    records = make_exchanges(random.Random(seed))  # noqa: S311 - not for secrets
    batches = [batch_of(records)] if whole else [*cut(records, random.Random(seed))]  # noqa: S311 - the same
    plain = trace_of(batches, runs=False, all_flows=all_flows)
    assert trace_of(batches, runs=True, all_flows=all_flows) == plain


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_batches_do_not_matter(seed: int) -> None:
    """Nor does it depend on batches, where flows are kept that would be dropped from the next batch on."""
    records = make_traffic(random.Random(seed))  # noqa: S311 - not for secrets
    plain = trace_of([batch_of(records)], runs=False, all_flows=True)
    in_batches = cut(records, random.Random(seed))  # noqa: S311 - the same
    assert trace_of(in_batches, runs=True, all_flows=True) == plain

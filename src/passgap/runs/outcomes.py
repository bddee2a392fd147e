"""What is recorded with a verifier's outcomes: which verifier, and what it reported.

In: ``outcomes/<verifier digest>/about.json``. Out: `OutcomesAbout`; a field is None if it was not
recorded.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from passgap.data.outcomes import Failure


class Source(msgspec.Struct, frozen=True):
    """The log that an imported run's marks come from; ``answers``: it had the references."""

    label: str
    answers: bool = False


class OutcomesAbout(msgspec.Struct, frozen=True, kw_only=True):
    """About one verifier's outcomes.

    ``verifier`` is the spec that was given in place of the problems' own; ``faults`` the references
    that the verifier rejects, by problem id; ``correct_by`` the digest of the outcomes whose
    reasoning was marked; ``failures`` what raised while a shard was marked.
    """

    verifier: str | None = None
    faults: Mapping[str, str] | None = None
    correct_by: str | None = None
    command: str | None = None
    source: Source | None = None
    failures: Mapping[str, tuple[Failure, ...]] = {}

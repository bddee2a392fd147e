"""What is written down of a verifier's outcomes, beside them: which verifier, and what it said.

In: ``outcomes/<verifier digest>/about.json``. Out: `OutcomesAbout`; a field is None where nobody
wrote it down.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from passgap.data.outcomes import Failure


class Source(msgspec.Struct, frozen=True):
    """The log that an imported run's marks come from; ``answers``: it held the references."""

    label: str
    answers: bool = False


class OutcomesAbout(msgspec.Struct, frozen=True, kw_only=True):
    """Of one verifier's outcomes.

    ``verifier`` is the spec that was given in place of the problems' own; ``faults`` the references
    that the verifier refuses, by problem id; ``correct_by`` the digest of the outcomes whose
    reasoning was marked; ``failures`` what raised while a shard was marked.
    """

    verifier: str | None = None
    faults: Mapping[str, str] | None = None
    correct_by: str | None = None
    command: str | None = None
    source: Source | None = None
    failures: Mapping[str, tuple[Failure, ...]] = {}

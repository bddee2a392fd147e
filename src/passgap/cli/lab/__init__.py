"""``passgap lab``: the embedded lab, small policies whose truth is known."""

from __future__ import annotations

from passgap.cli.groups import Group

SECTIONS = {"Commands": {"pretrain": "Train one of the lab's policies from scratch again"}}


class Lab(Group):
    """The lab's commands, a file each."""

    package = "passgap.cli.lab"
    about = "The embedded lab: small policies whose truth is known."
    sections = SECTIONS


lab = Lab.made("lab")

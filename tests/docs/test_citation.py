"""CITATION.cff and "How to cite" name the version that is installed, and agree with each other."""

import re
from pathlib import Path

import pytest

from passgap import __version__

yaml = pytest.importorskip("yaml", reason="needs passgap[docs]")
ROOT = Path(__file__).parents[2]
CITED = yaml.safe_load((ROOT / "CITATION.cff").read_text())
PAGE = (ROOT / "docs" / "cite.md").read_text()


def test_the_citation_has_what_its_schema_requires():
    assert CITED["cff-version"] == "1.2.0"
    assert CITED["authors"] == [{"name": "The passgap developers"}]
    assert {"message", "title"} <= CITED.keys()
    for one in CITED["references"]:
        assert {"type", "title", "authors"} <= one.keys()
        assert len({str(author) for author in one["authors"]}) == len(one["authors"])


def test_both_name_the_version_that_is_installed():
    assert CITED["version"] == __version__
    assert f"version = {{{__version__}}}" in PAGE


def test_the_page_says_the_same():
    assert f"title   = {{{CITED['title']}}}" in PAGE
    assert f"url     = {{{CITED['repository-code']}}}" in PAGE
    for one in CITED["references"]:
        number = one["identifiers"][0]["value"].removeprefix("arXiv:")
        assert f"https://arxiv.org/abs/{number}" in PAGE


def test_every_paper_is_linked_by_its_own_number():
    linked = re.findall(r"\[arXiv ([\d.]+)\]\(https://arxiv\.org/abs/([\d.]+)\)", PAGE)
    assert len(linked) > 8
    assert all(shown == number for shown, number in linked)

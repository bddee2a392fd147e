"""The bar: nothing before there is something to show, and a word while a model is loaded."""

import pytest

from passgap.cli.progress import bar
from passgap.errors import UsageError


def test_what_is_refused_at_once_shows_no_bar(capsys):
    with pytest.raises(UsageError), bar("sampling base"):
        raise UsageError("n is 0; allowed: an integer >= 1")
    assert "sampling" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("calls", "shown"),
    [
        ([(4, 8, 0)], ["4/8", "starting"]),
        ([(4, 8, 0), (6, 8, 100)], ["6/8", "tokens/s"]),
        ([(8, 8, 0)], ["8/8"]),
    ],
)
def test_the_bar_says_how_far_it_is(calls, shown, capsys):
    with bar("sampling base") as progress:
        for call in calls:
            progress(*call)
    told = capsys.readouterr().err
    assert all(word in told for word in shown)
    assert ("starting" in told) == ("starting" in shown)

"""Things of one kind by name: those built in, and those that installed packages add.

In: a name that the user gave. Out: what it names, imported when it is asked for and not before. A
package adds a name by an entry point; it never replaces a built-in one, and listing names loads
nothing. Names from files that others wrote must not be looked up here: each caller ensures that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Generic, TypeVar, cast

from passgap.errors import PassgapError, UsageError, in_words

T = TypeVar("T")


class Registry(Generic[T]):
    """What ``name in``, iteration and ``[name]`` say about one kind of thing.

    Parameters
    ----------
    kind, wanted
        What errors call one (``engine``), and what an entry point has to name (``an Engine
        class``).
    group
        The entry points' group.
    built_in
        ``module:attribute`` by name.
    accept
        Makes the thing from the imported object and its package's name; None where it is not one.
    prefix
        Prefix of the names that packages add.
    more
        What else may be typed, for the error of an unknown name.
    """

    def __init__(
        self,
        kind: str,
        wanted: str,
        group: str,
        built_in: Mapping[str, str],
        accept: Callable[[object, str], T | None],
        *,
        prefix: str = "",
        more: str = "",
    ) -> None:
        self.kind, self.wanted, self.group, self.built_in = kind, wanted, group, dict(built_in)
        self._accept, self._prefix, self._more = accept, prefix, more

    def __iter__(self) -> Iterator[str]:
        """Built-in names in their order, then the added ones alphabetically."""
        yield from self.built_in
        yield from sorted({self._prefix + point.name for point in self._added()} - {*self.built_in})

    def __contains__(self, name: str) -> bool:
        return name in self.built_in or name in iter(self)

    def __getitem__(self, name: str) -> T:
        """What a name stands for.

        Raises
        ------
        UsageError
            For an unknown name; or a package whose entry point cannot be loaded, is of another
            kind, or shares its name with another package's.
        """
        if name in self.built_in:
            return cast(T, self._accept(resolve_name(self.built_in[name]), "passgap"))
        point = self._found(name)
        with self.loading(name):
            made = point.load()
        taken = self._accept(made, _package(point))
        if taken is None:
            raise UsageError(
                f"{self._said(point)} is of type {type(made).__name__}, not {self.wanted}; "
                f"{_next(point, self.kind)}"
            )
        return taken

    def all_built_in(self) -> list[T]:
        """The built-in ones, in order: those that may be chosen without being named."""
        return [self[name] for name in self.built_in]

    @contextmanager
    def loading(self, name: str) -> Iterator[None]:
        """Whatever a package's code raises in here becomes an error that names the package."""
        try:
            yield
        except PassgapError:
            raise
        except (Exception, SystemExit) as error:  # a foreign package may raise anything
            point = self._found(name)
            raise UsageError(
                f"{self._said(point)} cannot be loaded: {in_words(error)}; "
                f"{_next(point, self.kind)}"
            ) from error

    def _found(self, name: str) -> EntryPoint:
        found = [point for point in self._added() if self._prefix + point.name == name]
        if not found:
            raise UsageError(
                f"{self.kind} {name!r} is unknown; allowed: {', '.join(self)}{self._more}"
            )
        if len(found) > 1:
            packages = sorted(map(_package, found))
            raise UsageError(
                f"{self.kind} {name!r} is added by {' and '.join(packages)}; uninstall all but one"
            )
        return found[0]

    def _added(self) -> list[EntryPoint]:
        return list(entry_points(group=self.group))

    def _said(self, point: EntryPoint) -> str:
        where = f"{_package(point)}, {self.group}: {point.name} = {point.value}"
        return f"{self.kind} {self._prefix + point.name!r} ({where})"


def _package(point: EntryPoint) -> str:
    return "an unnamed package" if point.dist is None else point.dist.name


def _next(point: EntryPoint, kind: str) -> str:
    return f"reinstall {_package(point)}, or use another {kind}"

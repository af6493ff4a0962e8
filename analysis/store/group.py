"""A group of a store being written: columns that grow together, by rows that were checked whole."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.store.buffer import Block, Column
from analysis.store.chunks import SCALAR_ROWS, TABLE_ROWS, rows_per_chunk
from analysis.store.hierarchy import Store
from analysis.store.rows import checked_rows
from analysis.store.schema import AXES, COORDINATES, GROUPS, METRICS, Variable, stored_name


class Group:
    """The columns of one group.

    Parameters
    ----------
    name : str
        A key of `schema.GROUPS`.
    store : Store
    variable_attrs : mapping of key to mapping
        Attributes of single variables beside their labels.
    """

    def __init__(
        self, name: str, store: Store, variable_attrs: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.name = name
        self.columns: dict[str, Column] = {}
        self.last_step = -1
        self._store, self._attrs = store, variable_attrs
        self._declared = {key: _variable(key, attrs) for key, attrs in self._own(variable_attrs)}
        self._seen: set[tuple[Any, ...]] = set()  # rows of the table of evaluations

    def extend(self, rows: Mapping[str, ArrayLike]) -> list[Block]:
        """Take in rows, all or none; return the chunks they filled.

        Raises
        ------
        ValueError
            As `checked_rows`; the group is what it was.
        """
        arrays = checked_rows(self.name, rows, self.columns or None, self.last_step, self._declared)
        if self.name == "evaluation":
            arrays = self._unseen(arrays)
        if not len(arrays["step"]):
            return []
        if not self.columns:
            self.columns = self._create(arrays)
        self.last_step = int(arrays["step"][-1])
        return [
            block for name, column in self.columns.items() for block in column.extend(arrays[name])
        ]

    def reload(self, after: int) -> None:
        """Continue what the store holds, up to the rows of step `after`."""
        there = self._store.arrays
        held = {key: dict(array.attrs) for key, array in there.items()}
        self._declared |= {key: _variable(key, attrs) for key, attrs in self._own(held)}
        arrays = {name: there[key] for name in self._known if (key := self._key(name)) in there}
        if not arrays:
            return
        steps = np.asarray(arrays["step"][: self._store.lengths[self._key("step")]])
        length = int(np.searchsorted(steps, after, side="right"))
        for name, array in arrays.items():
            dtype = np.dtype(array.dtype)
            column = Column(self._key(name), array.chunks[0], array.shape[1:], dtype)
            column.load(array, length)
            self.columns[name] = column
        if length:
            self.last_step = int(steps[length - 1])
        if self.name == "evaluation":
            self._unseen({name: np.asarray(array[:length]) for name, array in arrays.items()})

    def lengths(self) -> dict[str, int]:
        """Return how many rows each array has, those in memory among them."""
        return {column.key: column.length for column in self.columns.values()}

    @property
    def _known(self) -> dict[str, Variable]:
        return COORDINATES | GROUPS[self.name] | self._declared

    def _own(
        self, attrs: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the metrics that are not of the schema."""
        for key, values in attrs.items():
            group, _, name = key.rpartition("/")
            own = group == self.name == "metrics" and name != stored_name(group, "step")
            if own and name not in COORDINATES | METRICS:
                yield name, values

    def _key(self, name: str) -> str:
        stored = stored_name(self.name, name)
        return f"{self.name}/{stored}" if self.name else stored

    def _unseen(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        # An evaluation made again with the same result, number for number, is no new row.
        rows = list(zip(*(arrays[name].tolist() for name in sorted(arrays)), strict=True))
        new = [i for i, row in enumerate(rows) if row not in self._seen]
        self._seen |= set(rows)
        return {name: values[new] for name, values in arrays.items()}

    def _create(self, arrays: Mapping[str, np.ndarray]) -> dict[str, Column]:
        matrices = [values for values in arrays.values() if values.ndim > 1]
        itemsize = max((values.itemsize for values in matrices), default=8)
        rows = rows_per_chunk((values.shape[1:] for values in matrices), itemsize)
        scalar_rows = TABLE_ROWS if self.name == "evaluation" else SCALAR_ROWS
        columns = {}
        for name, values in arrays.items():
            columns[name] = column = Column(
                self._key(name),
                rows if values.ndim > 1 else scalar_rows,
                values.shape[1:],
                values.dtype,
            )
            variable = self._known[name]
            own = self._attrs.get(f"{self.name}/{name}".lstrip("/"), {})
            self._store.create(
                column.key,
                shape=column.shape,
                dtype=column.dtype,
                rows=column.rows,
                dims=(AXES[self.name], *variable.dims),
                attrs=variable.attrs | dict(own),
            )
        return columns


def _variable(name: str, attrs: Mapping[str, Any]) -> Variable:
    if not name.isidentifier():
        raise ValueError(f"{name!r} cannot name a metric; letters, digits and _ wanted")
    long_name = str(attrs.get("long_name", name.replace("_", " ")))
    return Variable(
        long_name, symbol=str(attrs.get("symbol", "")), units=str(attrs.get("units", ""))
    )

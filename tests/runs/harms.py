"""What a disk, or somebody, may do to a file of a folder: damage, and files of other kinds."""

import os

import polars as pl
import pyarrow
import pyarrow.parquet as pq


def flip(path):
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 3, len(data), max(1, len(data) // 7)):
        data[place] ^= 0x80
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def folder(path):
    path.unlink()
    path.mkdir()


def dangling(path):
    path.unlink()
    path.symlink_to("/nowhere/at-all")


def circle(path):
    path.unlink()
    path.symlink_to(path.name)


def rewritten(path, change):
    """A Parquet file with the same claim and another table; JSON of another shape otherwise."""
    if path.suffix != ".parquet":
        path.write_text('["\\u001b[2J", 1e999]')
        return
    table = pq.read_table(path)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def column(name, values):
    def change(table):
        at = table.column_names.index(name)
        return table.set_column(at, name, pyarrow.array(values * len(table)))

    return change


def other_type(path):
    rewritten(path, column("problem_id", [[1]]))


def huge(path):
    name = "metadata" if path.name.startswith("problems") else "draw"
    rewritten(path, column(name, [10**18]))


def nulls(path):
    name = "metadata" if path.name.startswith("problems") else "draw"
    rewritten(path, column(name, [None]))


def missing_column(path):
    rewritten(path, lambda table: table.drop_columns(["problem_id"]))


def fewer_rows(path):
    rewritten(path, lambda table: table.slice(0, 3))


def repeated_rows(path):
    rewritten(path, lambda table: pyarrow.concat_tables([table.slice(1), table.slice(1, 1)]))


def another_table(path):
    if path.suffix == ".parquet":
        pl.DataFrame({"a": [1]}).write_parquet(path)
    else:
        path.write_text("{}")


HARMS = [
    flip, truncate, pipe, folder, dangling, circle, other_type, huge, nulls, missing_column,
    fewer_rows, repeated_rows, another_table, lambda path: path.unlink(),
    lambda path: path.write_bytes(b""),
]  # fmt: skip

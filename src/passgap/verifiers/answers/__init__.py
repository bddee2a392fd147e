"""Answers: their normal spelling, their form, and whether two are equal.

In: the texts of a reference and an answer. Out: equal, different, or a question for algebra.

`spelling` normalizes how an answer is written. `parse` finds its form (`forms`) with the readers in
`words`, `numbers`, `lists`, `regions` and `names`. `values` computes the value of an expression,
`scalars` compares two values, `compare` says whether two answers are equal.
"""

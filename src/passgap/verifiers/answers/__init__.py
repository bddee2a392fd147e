"""Answers: what they say, in one spelling, as forms, and whether two are equal.

In: the texts of a reference and an answer. Out: equal, different, or a question for algebra.

`spelling` writes an answer in one way. `parse` finds its form (`forms`) with the readers in
`words`, `numbers`, `lists`, `regions` and `names`. `values` says what an expression is worth,
`scalars` whether two are worth the same, `compare` whether two answers are equal.
"""

"""What is shown of each result: typed results in, blocks out, whoever paints them.

A result becomes blocks here once. A module per question knows its result and no painter;
`dispatch.blocks_of` finds the one of any result.
"""

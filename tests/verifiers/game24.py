"""A rule of one's own, as ``--verifier python:game24:check`` takes it: the game of 24."""

import ast
import re
from fractions import Fraction
from operator import add, mul, sub, truediv

OPERATORS = {ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv}


def check(text, problem):
    """Whether the last line makes 24 of the problem's four numbers, each used once."""
    said = text.strip().splitlines()[-1].lower().replace("answer: ", "").split("=")[0]
    if sorted(re.findall(r"\d+", said)) != sorted(problem.question.split()):
        return False
    try:
        return value(ast.parse(said.strip(), mode="eval").body) == 24
    except (SyntaxError, ValueError, ZeroDivisionError, KeyError):
        return False


def value(node):
    """An expression's value in exact fractions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](value(node.left), value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value(node.operand)
    raise ValueError("not a calculation")

"""Arithmetic from a text, in bounds: nothing is evaluated but numbers, operators and a few functions."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

LONGEST = 500
"""Characters of an expression."""
MOST_BITS = 10_000
"""Of a whole number on the way: three thousand digits."""
MOST_ARGUMENTS = 100

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name)
    for name in (
        "sqrt", "cbrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh",
        "cosh", "tanh", "degrees", "radians", "hypot", "floor", "ceil", "trunc", "gcd", "lcm",
    )
} | {"abs": abs, "round": round, "min": min, "max": max}  # fmt: skip
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
Number = int | float


class BadExpression(Exception):
    """What cannot be calculated; its text says why, for the model."""


def calculated(expression: str) -> Number:
    """Return the value of an arithmetic expression; raise `BadExpression`."""
    if len(expression) > LONGEST:
        raise BadExpression(f"The expression is longer than {LONGEST} characters.")
    try:
        return _value(ast.parse(expression.strip().replace("^", "**"), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # A ValueError is of a function outside its domain, such as sqrt(-1)
        reason = str(error) if isinstance(error, ValueError) and not isinstance(error, SyntaxError) else "syntax"
        raise BadExpression(f"This is no arithmetic expression ({reason}).") from error
    except ZeroDivisionError as error:
        raise BadExpression("Division by zero.") from error
    except (OverflowError, TypeError) as error:
        raise BadExpression("The result is too large, or no real number.") from error


def _value(node: ast.AST) -> Number:
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return _bounded(value)
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return _bounded(OPERATORS[type(op)](_value(operand)))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _bounded(_power(_value(left), _value(right)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _bounded(OPERATORS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id="factorial"), args=[argument], keywords=[]):
            return _factorial(_value(argument))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) > MOST_ARGUMENTS:
                raise BadExpression("Too many arguments.")
            return _bounded(FUNCTIONS[name](*map(_value, arguments)))
    raise BadExpression("Only numbers, + - * / // % **, parentheses and functions such as sqrt, log, sin, round.")


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > MOST_BITS:
        raise BadExpression("The result is too large.")
    result = base**exponent
    if isinstance(result, complex):
        raise BadExpression("The result is no real number.")
    return result


def _factorial(value: Number) -> int:
    if not isinstance(value, int) or not 0 <= value <= 1000:
        raise BadExpression("factorial takes a whole number from 0 to 1000.")
    return math.factorial(value)


def _bounded(value: Any) -> Number:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise BadExpression("The result is too large.")
    if not isinstance(value, int | float):
        raise BadExpression("The result is no real number.")
    return value

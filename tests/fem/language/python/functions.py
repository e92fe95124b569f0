"""Functions, as Python 3 calls them. Python itself runs this file, too."""

from __future__ import annotations

from typing import Optional


def several(a, b=2, *rest, c=3, **others):
    """Every kind of parameter."""
    return a, b, rest, c, others


assert several(1) == (1, 2, (), 3, {})
assert several(1, 5, 6, 7, c=8, d=9) == (1, 5, (6, 7), 8, {"d": 9})
assert several(*[1, 2, 3], **{"c": 4, "e": 5}) == (1, 2, (3,), 4, {"e": 5})
assert several(0, *(1,), *[2], c=1) == (0, 1, (2,), 1, {})
assert several(b=1, a=2) == (2, 1, (), 3, {})


def only_by_name(*, scale: float = 2.0) -> float:
    return scale


def only_by_place(x: int | None, y: Optional[int] = None, /):
    return y if x is None else x


assert only_by_name() == 2.0 and only_by_name(scale=1) == 1
assert only_by_place(None, 3) == 3 and only_by_place(0, 3) == 0


def classify(n):
    if n < 0:
        return "negative"
    elif n == 0:
        return "zero"
    for k in range(2, n):
        if n % k == 0:
            return "composite"
    else:
        if n == 1:
            return "one"
    return "prime"


assert [classify(n) for n in (-1, 0, 1, 2, 9, 13)] == [
    "negative",
    "zero",
    "one",
    "prime",
    "composite",
    "prime",
]


def nothing():
    pass


def bare_return():
    return


assert nothing() is None and bare_return() is None


# Closures see the variable, not its value when they were made.
def counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    return step


one, other = counter(), counter()
assert (one(), one(), other(), one()) == (1, 2, 1, 3)

late = [lambda: k for k in range(3)]
early = [lambda k=k: k for k in range(3)]
assert [f() for f in late] == [2, 2, 2]
assert [f() for f in early] == [0, 1, 2]


def adder(a):
    return lambda b, c=10: a + b + c


assert adder(1)(2) == 13 and adder(1)(2, 3) == 6

total = 0


def add_to_total(x):
    global total
    total += x


for k in range(5):
    add_to_total(k)
assert total == 10 and k == 4


def shadow(total):
    total = total + 1
    return total


assert shadow(1) == 2 and total == 10


# Defaults are evaluated once.
def collected(x, into=[]):
    into.append(x)
    return into


collected(1)
assert collected(2) == [1, 2]
assert collected(3, []) == [3]


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


assert factorial(15) == 1307674368000
assert [fibonacci(n) for n in range(10)] == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


assert is_even(20) and not is_even(7)


def outer(x):
    def middle(y):
        def inner(z):
            return (x, y, z)

        return inner

    return middle


assert outer(1)(2)(3) == (1, 2, 3)


def swap(pair):
    a, b = pair
    return b, a


a, b = swap((1, 2))
assert (a, b) == (2, 1)

compose = lambda *functions: (
    functions[0] if len(functions) == 1 else lambda x: functions[0](compose(*functions[1:])(x))
)
assert compose(lambda x: x + 1, lambda x: 2 * x, abs)(-3) == 7


def last_value():
    import math as m
    from math import floor as down

    return down(m.pi)


assert last_value() == 3
assert callable(swap) and callable(abs) and not callable(3)
if (n := len("abc")) > 2:
    assert n == 3
assert [y := 1, y**2, y + 1] == [1, 1, 2]
assert any((found := x) > 2 for x in [1, 2, 3, 4]) and found >= 3

if __name__ == "__main__" and 1 > 2:
    raise ValueError("never")

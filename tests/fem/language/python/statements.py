"""Loops, branches and assignments, as Python 3 executes them. Python itself runs this file, too."""

collected = []
for k in range(10):
    if k % 2:
        continue
    if k > 6:
        break
    collected.append(k)
else:
    collected.append("else")
assert collected == [0, 2, 4, 6]

collected = []
for k in ():
    collected.append(k)
else:
    collected.append("else")
assert collected == ["else"]

k = 10
steps = 0
while k > 1:
    k = k // 2 if k % 2 == 0 else 3 * k + 1
    steps += 1
else:
    steps += 100
assert steps == 106

while True:
    steps -= 1
    if steps < 50:
        break
else:
    assert False, "a broken loop has no else"
assert steps == 49

pairs = []
for (m, n), *rest in [((1, 2), 3, 4), ((5, 6),)]:
    pairs.append((m, n, rest))
assert pairs == [(1, 2, [3, 4]), (5, 6, [])]

a, *b = 1, 2, 3
assert (a, b) == (1, [2, 3])
*a, b = "xyz"
assert (a, b) == (["x", "y"], "z")
a, *b, c = (1, 2)
assert (a, b, c) == (1, [], 2)
[a, (b, c)] = 1, [2, 3]
assert (a, b, c) == (1, 2, 3)
a = b = [0]
a += [1]
assert b == [0, 1] and a is b
b = b + [2]
assert a == [0, 1] and a is not b
t = (1,)
s = t
t += (2,)
assert s == (1,) and t == (1, 2)
x, x = 1, 2
assert x == 2

number = 7
number += 1
number -= 2
number *= 3
number //= 4
number **= 2
number %= 10
number /= 4
assert number == 1.5

table = {"a": [1, 2]}
table["a"][0] += 5
table["b"] = table["a"]
table["b"].append(3)
assert table == {"a": [6, 2, 3], "b": [6, 2, 3]}
table["c"] = 1
table["c"] += 1
del table["b"], table["a"]
assert table == {"c": 2}

rows = [[0] * 2 for row in range(2)]
rows[0][1] = 1
shared = [[0] * 2] * 2
shared[0][1] = 1
assert rows == [[0, 1], [0, 0]] and shared == [[0, 1], [0, 1]]

value: float
value: float = 1.5
assert value == 1.5
if value < 1: result = "small"
elif value < 2: result = "medium"
else: result = "large"
assert result == "medium"

gone = 1
del gone
x = 1; y = 2; z = (x +
    y)
assert z == 3
assert 1 < 2 < 3 and not 1 < 3 < 2 and 1 <= 1 < 2 == 2 != 3
assert (1 < 2) + (3 > 2) == 2 and True + True == 2 and -True == -1
assert (0 or "b") == "b" and (1 and "b") == "b" and ([] and 1) == [] and (None or 0) == 0
assert not "" and not () and not {} and not 0.0 and not 0j and "0" and [0]
numbers = [1, 2, 3]
for number in numbers:
    numbers[number - 1] = number * 10
assert numbers == [10, 20, 30]
...
"""A docstring may stand anywhere."""

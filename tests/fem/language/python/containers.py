"""Lists, tuples, dictionaries and comprehensions, as Python 3 has them. Python runs this file, too."""

from itertools import chain, combinations, permutations, product

items = [3, 1, 2]
same = items
items.append(5)
items.extend((4, 6))
items.insert(0, 9)
items.insert(-1, 7)
items.insert(100, 8)
assert same == [9, 3, 1, 2, 5, 4, 7, 6, 8] and same is items
assert items.pop() == 8 and items.pop(0) == 9 and items.pop(-2) == 7
items.remove(5)
assert items == [3, 1, 2, 4, 6]
items.reverse()
assert items == [6, 4, 2, 1, 3] and items.index(2) == 2 and items.count(7) == 0
items.sort()
assert items == [1, 2, 3, 4, 6]
items.sort(key=lambda n: (n % 2, -n))
assert items == [6, 4, 2, 3, 1]
copied = items.copy()
items.clear()
assert items == [] and len(copied) == 5 and copied[-1] == 1
copied[1] = [copied[0]]
assert copied == [6, [6], 2, 3, 1]
del copied[1]
assert copied == [6, 2, 3, 1]

assert sorted("banana") == ["a", "a", "a", "b", "n", "n"]
assert sorted([(1, "b"), (0, "c"), (1, "a")], reverse=True) == [(1, "b"), (1, "a"), (0, "c")]
# A stable sort keeps the order of what is equal, in both directions.
words = ["bb", "a", "cc", "d"]
assert sorted(words, key=len) == ["a", "d", "bb", "cc"]
assert sorted(words, key=len, reverse=True) == ["bb", "cc", "a", "d"]
assert list(reversed((1, 2, 3))) == [3, 2, 1]
assert min(3, 1, 2) == 1 and max([3, 1, 2]) == 3 and max("ab", "b", key=len) == "ab"
assert min([], default=5) == 5 and max((1, 2), (1, 3)) == (1, 3) and min([2, 2.0]) is not None
assert list(map(lambda a, b: a * b, [1, 2, 3], (4, 5))) == [4, 10]
assert list(filter(lambda n: n > 1, range(4))) == [2, 3] and list(filter(None, [0, 1, ""])) == [1]
assert list(zip("ab", [1, 2, 3])) == [("a", 1), ("b", 2)] and list(zip()) == []
assert list(zip(*[(1, 2), (3, 4)])) == [(1, 3), (2, 4)]
assert list(enumerate("ab", start=1)) == [(1, "a"), (2, "b")]
assert all([]) and not any([]) and all(n > 0 for n in [1, 2]) and any(n > 1 for n in [1, 2])
assert sum([[1], [2]], []) == [1, 2] and sum(n for n in range(5)) == 10 and sum((0.5, 1)) == 1.5
assert list(range(5, 0, -2)) == [5, 3, 1] and list(range(0)) == [] and tuple(range(1, 3)) == (1, 2)
assert divmod(-7, 2) == (-4, 1)

parameters = {"mu": 1, 2: "two", (1, 2): "pair", None: 0, True: "yes"}
assert parameters["mu"] == 1 and parameters[2.0] == "two" and parameters[(1, 2)] == "pair"
assert parameters[1] == "yes" and len(parameters) == 5 and "mu" in parameters
assert "nu" not in parameters and parameters.get("nu") is None and parameters.get("nu", 3) == 3
parameters["mu"] = 4
parameters["nu"] = 5
assert list(parameters) == ["mu", 2, (1, 2), None, True, "nu"]
assert list(parameters.values()) == [4, "two", "pair", 0, "yes", 5]
assert parameters.pop("nu") == 5 and parameters.pop("nu", 6) == 6
assert parameters.setdefault("mu", 7) == 4 and parameters.setdefault("xi", 8) == 8
del parameters[(1, 2)]
assert list(parameters.items()) == [("mu", 4), (2, "two"), (None, 0), (True, "yes"), ("xi", 8)]
other = parameters.copy()
other.update({"mu": 9})
assert parameters["mu"] == 4 and other["mu"] == 9 and other != parameters
assert {"a": 1, "b": 2} == {"b": 2, "a": 1} and dict([("a", 1)], b=2) == {"a": 1, "b": 2}
assert {**{"a": 1, "b": 2}, "a": 3} == {"a": 3, "b": 2}
assert {"a": {"b": [1]}}["a"]["b"][0] == 1

assert [a + b for a in "xy" for b in "12" if a + b != "x2"] == ["x1", "y1", "y2"]
assert [[m * n for n in range(m)] for m in range(4)] == [[], [0], [0, 2], [0, 3, 6]]
assert [n for n in range(20) if n % 2 if n % 3] == [1, 5, 7, 11, 13, 17, 19]
assert {n: n**2 for n in range(3)} == {0: 0, 1: 1, 2: 4}
assert {key: value for key, value in zip("ab", (1, 2)) if value > 1} == {"b": 2}
assert [first for first, *rest in ["abc", "d"]] == ["a", "d"]
assert tuple(n for n in (1, 2)) == (1, 2)
n = 5
assert [n for n in range(3)] == [0, 1, 2] and n == 5
assert [m for row in [[1, 2], [3]] for m in row] == [1, 2, 3]
assert [*range(2), 5, *(6, 7)] == [0, 1, 5, 6, 7] and (*"ab", 1) == ("a", "b", 1)
assert (1, 2) + (3,) == (1, 2, 3) and [0] * 3 == [0, 0, 0] and 2 * (1,) == (1, 1) and [1] * -1 == []
assert [1, 2] < [1, 3] < [2] and (1,) < (1, 0) and [1] != (1,) and "a" < "b"
assert 2 in (1, 2) and [1] in [[1]] and 3 not in [1] and "bc" in "abcd"
assert None is None and [] is not [] and 1 == 1.0 == True and "1" != 1

assert list(product([1, 2], "ab")) == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
assert len(list(product(range(3), repeat=3))) == 27
assert list(combinations([1, 2, 3], 2)) == [(1, 2), (1, 3), (2, 3)]
assert list(permutations([1, 2, 3], 2)) == [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]
assert list(chain([1], (2, 3))) == [1, 2, 3]
assert isinstance(1, int) and isinstance(True, int) and not isinstance(1, float)
assert isinstance("a", (int, str)) and isinstance([], list) and not isinstance((), list)

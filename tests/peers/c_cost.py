"""Counts the floating-point operations of the C that FFCx generates.

FFCx writes declarations, assignments, blocks, conditionals and loops `for (int i = a; i < b; ++i)`
with literal bounds; anything else is a ValueError. Integer arithmetic (subscripts, loop counters)
and arithmetic of literals alone is not counted. Complex operations count as the real operations
that they need: addition 2, multiplication 6, by a real 2, division 11.
"""

from __future__ import annotations

import dataclasses
import re

INT, REAL, COMPLEX = range(3)
TOKENS = re.compile(r"\s+|//[^\n]*|/\*.*?\*/|"
                    r"(?P<token>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFuUlL]*|[A-Za-z_]\w*|"
                    r"\+\+|--|[-+*/]=|[<>=!]=|&&|\|\||[-+*/%<>=!?:;,(){}\[\]&.~])", re.S)
TYPES = {"double": REAL, "float": REAL, "int": INT, "bool": INT, "char": INT, "size_t": INT,
         "uint8_t": INT, "uint32_t": INT, "long": INT, "_Complex": COMPLEX}
QUALIFIERS = {"const", "static", "restrict", "alignas", "unsigned"}
FREE_CALLS = {"creal", "cimag", "conj", "crealf", "cimagf", "conjf"}  # no arithmetic


@dataclasses.dataclass
class Cost:
    """Operations of one call of a function."""

    add: float = 0
    multiply: float = 0
    divide: float = 0
    calls: float = 0

    @property
    def flops(self) -> float:
        return self.add + self.multiply + self.divide


@dataclasses.dataclass(frozen=True)
class Value:
    """An expression's type, and whether it is made of literals alone."""

    type: int
    literal: bool = False


def tokenise(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        match = TOKENS.match(text, at)
        if match is None:
            raise ValueError(f"not C as FFCx writes it: {text[at:at + 40]!r}")
        if match.group("token"):
            tokens.append(match.group("token"))
        at = match.end()
    return tokens


class Counter:
    """One function's body."""

    def __init__(self, tokens: list[str], names: dict[str, int]):
        self.tokens = tokens
        self.at = 0
        self.names = dict(names)
        self.cost = Cost()
        self.times = 1.0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        found = self.next()
        if found != token:
            raise ValueError(f"expected {token}, found {' '.join(self.tokens[self.at - 4:self.at + 4])}")

    # Statements.

    def body(self) -> Cost:
        while self.peek():
            self.statement()
        return self.cost

    def statement(self) -> None:
        token = self.peek()
        if token == "{":
            self.next()
            while self.peek() != "}":
                self.statement()
            self.next()
        elif token == "for":
            self.loop()
        elif token in TYPES or token in QUALIFIERS:
            self.declaration()
        elif token == ";":
            self.next()
        elif token in ("if", "while", "do", "switch", "return", "goto"):
            raise ValueError(f"a statement that FFCx does not write: {token}")
        else:
            self.assignment()
            self.expect(";")

    def loop(self) -> None:
        header = [self.next() for _ in range(14)]
        match = re.fullmatch(r"for \( int (\w+) = (\d+) ; (\w+) < (\d+) ; \+\+ (\w+) \)",
                             " ".join(header))
        if match is None or not match.group(1) == match.group(3) == match.group(5):
            raise ValueError(f"a loop without literal bounds: {' '.join(header)}")
        self.names[match.group(1)] = INT
        outer = self.times
        self.times *= max(0, int(match.group(4)) - int(match.group(2)))
        self.statement()
        self.times = outer

    def declaration(self) -> None:
        kind = INT
        while self.peek() in TYPES or self.peek() in QUALIFIERS or self.peek() == "*":
            kind = max(kind, TYPES.get(self.next(), INT))
        while True:
            self.names[self.next()] = kind
            while self.peek() == "[":
                self.subscript()
            if self.peek() == "=":
                self.next()
                if self.peek() == "{":
                    self.skip_braces()
                else:
                    self.ternary()
            if self.peek() != ",":
                break
            self.next()
        self.expect(";")

    def skip_braces(self) -> None:
        depth = 0
        while True:
            token = self.next()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return

    def assignment(self) -> None:
        target = self.unary()
        token = self.next()
        value = self.ternary()
        if token in ("+=", "-=", "*=", "/="):
            self.operation(token[0], target, value)
        elif token != "=":
            raise ValueError(f"expected an assignment, found {token}")

    # Expressions, loosest operator first.

    def ternary(self) -> Value:
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.next()
        one = self.ternary()
        self.expect(":")
        other = self.ternary()
        return Value(max(one.type, other.type))

    LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

    def binary(self, level: int) -> Value:
        if level == len(self.LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in self.LEVELS[level]:
            operator = self.next()
            right = self.binary(level + 1)
            left = self.operation(operator, left, right) if level >= 4 else Value(INT)
        return left

    def operation(self, operator: str, left: Value, right: Value) -> Value:
        kind = max(left.type, right.type)
        if left.literal and right.literal:
            return Value(kind, True)
        if kind == INT:
            return Value(INT)
        both = left.type == right.type == COMPLEX
        if operator in "+-":
            self.cost.add += self.times * (2 if both else 1)
        elif operator == "*":
            self.cost.multiply += self.times * (4 if both else kind)
            self.cost.add += self.times * (2 if both else 0)
        elif right.type == COMPLEX:
            self.cost.multiply += self.times * 6
            self.cost.add += self.times * 3
            self.cost.divide += self.times * 2
        else:
            self.cost.divide += self.times * kind
        return Value(kind)

    def unary(self) -> Value:
        if self.peek() in ("-", "+", "!", "&", "*"):
            self.next()
            return self.unary()
        return self.postfix()

    def postfix(self) -> Value:
        token = self.next()
        if token == "(":
            value = self.ternary()
            self.expect(")")
        elif token[0].isdigit() or token[0] == ".":
            real = "." in token or ("e" in token.lower() and not token.startswith("0x"))
            return Value(REAL if real else INT, True)
        elif token in ("I", "_Complex_I"):
            return Value(COMPLEX, True)
        elif self.peek() == "(":
            return self.call(token)
        elif token in self.names:
            value = Value(self.names[token])
        else:
            raise ValueError(f"undeclared {token}")
        while self.peek() == "[":
            self.subscript()
        return value

    def call(self, name: str) -> Value:
        self.expect("(")
        kinds = []
        while self.peek() != ")":
            kinds.append(self.ternary().type)
            if self.peek() == ",":
                self.next()
        self.next()
        if name not in FREE_CALLS:
            self.cost.calls += self.times
        if name.startswith(("creal", "cimag", "cabs")):
            return Value(REAL)
        return Value(max([REAL, *kinds]))

    def subscript(self) -> None:
        self.expect("[")
        if self.peek() != "]":
            self.ternary()
        self.expect("]")


def functions_of(source: str) -> dict[str, tuple[str, str]]:
    """The tabulate_tensor functions of FFCx's C: name → (parameters, body without braces)."""
    found = {}
    for match in re.finditer(r"^void (tabulate_tensor_\w+)\((.*?)\)\s*\{", source, re.M | re.S):
        depth, at = 1, match.end()
        for brace in re.finditer(r"[{}]", source[match.end():]):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                at = match.end() + brace.start()
                break
        found[match.group(1)] = (match.group(2), source[match.end():at])
    return found


def count(parameters: str, body: str) -> Cost:
    """Operations of one call. `parameters`: the function's, as in C."""
    names = {}
    tables = r"static const (\w+(?: _Complex)?) (\w+)((?:\[\d+\])*) = [^;]*;"
    for declaration in parameters.split(","):
        words = re.findall(r"\w+", declaration)
        names[words[-1]] = max((TYPES.get(word, INT) for word in words), default=INT)
    for kind, name, _ in re.findall(tables, body):
        names[name] = max(TYPES.get(word, INT) for word in kind.split())
    return Counter(tokenise(re.sub(tables, "", body)), names).body()


def code_lines(text: str) -> int:
    """Lines that are neither empty nor a comment."""
    return sum(1 for line in text.splitlines()
               if line.strip() and not line.strip().startswith("//"))

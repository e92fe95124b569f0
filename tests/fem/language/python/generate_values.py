"""Prints expressions with the values that Python gives them: python3 generate_values.py > values.txt"""

import random

random.seed(3)
lines = []


def add(expression):
    lines.append(f"{expression} => {eval(expression)!r}")


for sequence in ("[0, 1, 2, 3, 4]", "(0, 1, 2)", "'abcdef'", "[]", "'é€x'"):
    for _ in range(30):
        bounds = [random.choice(["", str(random.randint(-8, 8))]) for _ in range(3)]
        if bounds[2] == "0":
            bounds[2] = "-1"
        add(f"{sequence}[{':'.join(bounds[: random.randint(2, 3)])}]")

reals = ["0.0", "-0.0", "1.0", "-1.5", "2.5", "1234567.891", "1e16", "1e-5", "3.14159e22", "1e100"]
specs = ["", ".3f", "8.2f", "+.1e", "g", ".3g", "08.3f", "<9.1f", "^11.2e", "*>10", ",.2f", ".0f", "E",
         "G", ".1%", "10", ".4", " .2f", "=+9.1f", "_"]
for real in reals:
    for spec in specs:
        add(f"f'{{{real}:{spec}}}'")
for integer in ("0", "7", "-42", "1234567", "-1000"):
    for spec in ("", "d", "5", "<5d", "^7", "+d", "05d", "x", "#x", "b", "#o", "X", ",", "_", ".2f", "e",
                 ">+8d", " d", "%", "*=8"):
        add(f"f'{{{integer}:{spec}}}'")
for text in ("'abc'", "''", "'é€'"):
    for spec in ("", "s", "5", ">5", "^6", "*<4", ".2", "6.1s", "-^5"):
        add(f'f"{{{text}:{spec}}}"')
for value in ("1", "1.0", "True", "None", "'a\"b'", "\"it's\"", "[1, 'a', (2,)]", "{'k': [1.5, None]}", "()",
              "1e22", "123456789012345680.0", "0.1", "1j", "2-3j", "-0.5j", "1e-7", "(1, 2)", "'\\n\\t'"):
    add(f"repr({value})")
    add(f"str({value})")
    add(f"f'{{{value}!r:>12}}'" if '"' not in value and "'" not in value else f"str({value})")

complexes = ["1j", "2+3j", "-1-1j", "0.5", "3", "2-0.25j", "0j"]
for a in complexes:
    add(f"abs({a})")
    add(f"({a}).real")
    add(f"({a}).imag")
    add(f"({a}).conjugate()")
    add(f"-({a})")
    for b in complexes:
        for op in "+-*/":
            if op != "/" or complex(eval(b)) != 0:
                add(f"({a}) {op} ({b})")
        add(f"({a}) == ({b})")
    for n in (0, 1, 2, 3, 7):
        add(f"({a})**{n}")
add("complex(1, 2)")
add("complex(1, 1j)")
add("complex()")
add("(1+2j)**-2")

for number in ("0.5", "1.5", "2.5", "-0.5", "2.675", "1234.5678", "-7.25", "7"):
    add(f"round({number})")
    add(f"round({number}, 2)")
    add(f"int({number})")
    add(f"float({number})")
    add(f"bool({number})")
    add(f"divmod({number}, 3)")

for expression in (
    "'Hello World'.upper()", "'Hello World'.lower()", "'hello world'.capitalize()", "'a,b,,c'.split(',')",
    "'  a  b '.split()", "''.split()", "''.split(',')", "'-'.join(['a', 'b', 'c'])", "''.join([])",
    "'abcabc'.replace('bc', 'x')", "'aaa'.replace('a', 'aa')", "'abc'.startswith('ab')",
    "'abc'.startswith(('x', 'a'))", "'abc'.endswith('bc')", "'abc'.find('c')", "'abc'.find('z')",
    "' ab '.strip()", "'xxabxx'.strip('x')", "' ab '.lstrip()", "' ab '.rstrip()", "'123'.isdigit()",
    "''.isdigit()", "'ab1'.isalpha()", "'{} and {}'.format(1, 'b')", "'{1}{0}{1}'.format('a', 'b')",
    "'{:.2f}|{:>4}'.format(1.234, 7)", "'{0!r}{{}}'.format('x')", "'%d %s %.2f %5d|%-5d|%05d %%' % (1, 'b', 2.5, 3, 4, 5)",
    "'%g' % 0.0001", "'%r' % 'a'", "'%e' % 12345.678", "'%x' % 255", "'%5s|%-5s|' % ('a', 'b')", "'%d' % 3.7", "'%+d' % 3",
    "'ab' * 3", "3 * 'ab'", "'ab' * 0", "'ab' 'cd'", "len('é€x')", "'é€x'[1]", "'é€x'[-1]", "list('é€')", "'abc' < 'abd'",
    "0xFF", "0o17", "0b1_01", "0XaB", "int('12')", "int(' -7 ')", "float('1e-3')", "float('+2.5')", "float(' 7')", "'{a}-{b:>3}-{0}'.format(1, a=2, b=3)",
    "f'{1 + 1} {{}} {\"a\"}'", "f'{[1, 2][0]:>{2 + 2}}'", "f'{3.14159:.{2}f}'", "f'''{ {'a': 1}['a'] }'''", "f'a' 'b' f'{1}'",
    "f'{(lambda x: x*2)(3)}'", "f'{1 != 2}'", "f'{True:d}'", "f'{None}'", "rf'\\d{1}'", "r'\\d'", "'\\\\'",
    "max(1, 2.0, True)", "min('b', 'a')", "max([1, 5, 3], key=lambda x: -x)", "sum([1, 2.5])", "sum([1j, 2])",
    "sum([True, True])", "pow(2, 10)", "pow(2.0, -1)", "abs(-3)", "abs(True - 3)", "2**0.5", "(-8)**(1/3)", "7 // 2.0", "-7 % 2.5",
    "True + 1", "True == 1", "not 1", "1 if '' else 2", "[1, 2] == [1, 2.0]", "{'a': 1} == {'a': 1.0}", "(1,) * 2",
    "[x*y for x in range(3) for y in range(x)]", "{x: str(x) for x in range(2)}", "dict(a=1)", "list({'a': 1, 'b': 2})",
    "tuple('ab')", "list(range(10))[::-3]", "sorted([3, 1, 2], reverse=True)", "sorted({'b': 1, 'a': 2})", "1 < 2 < 3", "3 > 2 > 2",
    "1 in [True]", "(1, 2) in {(1, 2): 3}", "None in [None]", "(0.1 + 0.2, 1e300*10)", "1_000", "0.1 + 0.2", "1/3", "1e5", "100000.0*10",
    "12345678.9", "(1.0).is_integer()", "(5).real", "(5).imag", "(2.5).conjugate()", "str(1.5) + 'x'", "[[]] * 2", "[1, [2, [3]]][1][1][0]",
):
    add(expression)

print("\n".join(lines))

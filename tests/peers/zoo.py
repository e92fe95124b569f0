#!/usr/bin/env python3
"""Verifies forms with every element that femsynth has, on every cell, and prints a table.

For each family, cell, degree and variant it writes a form file (mass matrix, a form with the family's
own derivative, exterior facets, jumps and averages across interior facets) and runs
`femsynth verify` on it. What `femsynth` refuses is listed with its message; a mismatch, a crash or a case that is not done in
time makes the exit status 1. Takes some ten minutes with one job.

    tests/peers/zoo.py --binary build/release/bin/femsynth                 # degrees 1 and 2, all forms
    tests/peers/zoo.py --binary build/release/bin/femsynth --mass          # all degrees, mass alone
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time

FLAT = ["interval", "triangle", "quadrilateral"]
SIMPLICES = ["triangle", "tetrahedron"]
PIOLA = ["triangle", "quadrilateral", "tetrahedron", "hexahedron"]
CELLS = [*FLAT, "tetrahedron", "hexahedron", "prism", "pyramid"]
DIMENSION = {"interval": 1, "triangle": 2, "quadrilateral": 2}

# Rank of the value, 0 to 2, and what is taken of it beside the gradient.
SCALAR, HDIV, HCURL, MATRIX = "scalar", "div", "curl", "matrix"


@dataclasses.dataclass(frozen=True)
class Case:
    """An element on a mesh."""

    name: str
    cell: str
    element: str  # an expression of basix.ufl
    kind: str = SCALAR
    geometry: int = 1  # degree of the cells
    dimension: int = 0  # of space; 0: the cell's
    derivatives: bool = True

    @property
    def space(self) -> int:
        return self.dimension or DIMENSION.get(self.cell, 3)


def greatest(cell: str) -> int:
    """The greatest degree on a cell (fem/elements/check.cpp)."""
    return 10 if DIMENSION.get(cell, 3) < 3 else 8 if cell == "tetrahedron" else 6


def degrees(cell: str, first: int, full: bool) -> range:
    return range(first, greatest(cell) + 1 if full else first + 2)


def basic(family: str, kind: str, cells: list[str], first: int, full: bool, options: str = "") -> list[Case]:
    return [
        Case(f"{family} {degree}{options and ' ' + options}", cell,
             f'element("{family}", "{cell}", {degree}{options and ", " + options})', kind)
        for cell in cells
        for degree in degrees(cell, first, full)
    ]


def families(full: bool) -> list[Case]:
    """All families of Basix's, each from its least degree on."""
    cases = []
    for cell in CELLS:
        if cell == "pyramid":
            cases += basic("P", SCALAR, [cell], 1, full, "lagrange_variant=LagrangeVariant.equispaced")
            cases += basic("DG", SCALAR, [cell], 0, full, "lagrange_variant=LagrangeVariant.equispaced")
        else:
            cases += basic("P", SCALAR, [cell], 1, full)
            cases += basic("DG", SCALAR, [cell], 0, full)
    boxes = ["quadrilateral", "hexahedron"]
    cases += basic("DPC", SCALAR, boxes, 0, full)
    cases += basic("Serendipity", SCALAR, ["interval", *boxes], 1, full)
    for cell, first in {"interval": 2, "triangle": 3, "tetrahedron": 4, "quadrilateral": 2, "hexahedron": 2}.items():
        cases += basic("Bubble", SCALAR, [cell], first, full)
    cases += [Case("CR 1", cell, f'element("CR", "{cell}", 1)') for cell in SIMPLICES]
    cases += [Case("Hermite 3", cell, f'element("Hermite", "{cell}", 3)') for cell in ["interval", *SIMPLICES]]
    for family, kind in {"RT": HDIV, "BDM": HDIV, "N1curl": HCURL, "N2curl": HCURL}.items():
        cases += basic(family, kind, PIOLA, 1, full)
    cases += basic("Regge", MATRIX, SIMPLICES, 0, full)
    cases += basic("HHJ", MATRIX, ["triangle"], 0, full)
    return cases


def variants(full: bool) -> list[Case]:
    """The other bases of Lagrange and DPC elements; all of them to degree 6."""
    cases = []

    def add(family: str, cells: list[str], degrees: range, options: str) -> None:
        cases.extend(Case(f"{family} {degree} {options.split('.')[-1]}", cell,
                          f'element("{family}", "{cell}", {degree}, {options})')
                     for cell in cells for degree in degrees)

    flat_top = [cell for cell in CELLS if cell != "pyramid"]
    for variant in ["equispaced", "gll_isaac", "gll_centroid"]:
        add("P", flat_top, range(1, 7) if full else range(3, 4), f"lagrange_variant=LagrangeVariant.{variant}")
    add("P", ["interval", *SIMPLICES], range(1, 7) if full else range(3, 4),
        "lagrange_variant=LagrangeVariant.bernstein")
    for variant in ["chebyshev_warped", "chebyshev_isaac", "chebyshev_centroid", "gl_warped", "gl_isaac",
                    "gl_centroid", "legendre"]:
        add("DG", flat_top, range(0, 7) if full else range(3, 4),
            f"lagrange_variant=LagrangeVariant.{variant}")
    for variant in ["legendre", "simplex_equispaced", "simplex_gll", "horizontal_equispaced", "horizontal_gll",
                    "diagonal_equispaced", "diagonal_gll"]:
        add("DPC", ["quadrilateral", "hexahedron"], range(0, 7) if full else range(2, 3),
            f"dpc_variant=DPCVariant.{variant}")
    return cases


def composed() -> list[Case]:
    """Discontinuous twins, blocks, mixed, enriched, symmetric, quadrature and Real elements."""
    cases = []
    for family, kind, cells in [("Serendipity", SCALAR, ["quadrilateral"]), ("CR", SCALAR, SIMPLICES),
                                ("RT", HDIV, PIOLA), ("BDM", HDIV, SIMPLICES), ("N1curl", HCURL, PIOLA),
                                ("N2curl", HCURL, SIMPLICES), ("Regge", MATRIX, SIMPLICES),
                                ("HHJ", MATRIX, ["triangle"])]:
        cases += [Case(f"{family} 1 discontinuous", cell, f'element("{family}", "{cell}", 1, discontinuous=True)', kind)
                  for cell in cells]
    for cell in CELLS:
        d = DIMENSION.get(cell, 3)
        p = f'element("P", "{cell}", 2)'
        vector = f'element("P", "{cell}", 2, shape=({d},))'
        cases += [
            Case("P 2 vector", cell, vector, HDIV),
            Case("P 1 tensor", cell, f'element("P", "{cell}", 1, shape=({d}, {d}))', MATRIX),
            Case("P 1 symmetric", cell, f'element("P", "{cell}", 1, shape=({d}, {d}), symmetry=True)', MATRIX),
            Case("Taylor-Hood", cell, f'mixed_element([{vector}, element("P", "{cell}", 1)])', MATRIX),
            Case("mixed of mixed", cell,
                 f'mixed_element([mixed_element([{p}, element("DG", "{cell}", 0)]), {vector}])', MATRIX),
            Case("Real", cell, f'real_element("{cell}", ())', SCALAR, derivatives=False),
            Case("quadrature 2", cell, f'quadrature_element("{cell}", (), degree=2)', SCALAR, derivatives=False),
            Case("quadrature 2 vector", cell, f'quadrature_element("{cell}", (2,), degree=2)', SCALAR,
                 derivatives=False),
        ]
    bubble = {"interval": 2, "triangle": 3, "tetrahedron": 4, "quadrilateral": 2, "hexahedron": 2}
    for cell, degree in bubble.items():
        cases.append(Case("MINI", cell,
                          f'enriched_element([element("P", "{cell}", 1), element("Bubble", "{cell}", {degree})])'))
    for cell in PIOLA:
        cases.append(Case("RT x DG", cell, f'mixed_element([element("RT", "{cell}", 1), element("DG", "{cell}", 0)])',
                          MATRIX))
        cases.append(Case("blocked RT", cell, f'blocked_element(element("RT", "{cell}", 1), shape=(2,))', MATRIX))
    return cases


def bent() -> list[Case]:
    """Curved cells and manifolds."""
    cases = []
    for cell in CELLS:
        for geometry in [2, 3]:
            cases.append(Case("P 2", cell, f'element("P", "{cell}", 2)', geometry=geometry))
            if cell in PIOLA:
                cases.append(Case("RT 1", cell, f'element("RT", "{cell}", 1)', HDIV, geometry))
                cases.append(Case("N1curl 1", cell, f'element("N1curl", "{cell}", 1)', HCURL, geometry))
            if cell in SIMPLICES:
                cases.append(Case("Regge 0", cell, f'element("Regge", "{cell}", 0)', MATRIX, geometry))
    for cell, dimension in [("interval", 2), ("interval", 3), ("triangle", 3), ("quadrilateral", 3)]:
        for geometry in [1, 2]:
            cases.append(Case("P 2", cell, f'element("P", "{cell}", 2)', SCALAR, geometry, dimension))
            cases.append(Case("DG 1", cell, f'element("DG", "{cell}", 1)', SCALAR, geometry, dimension))
            if cell != "interval":
                cases.append(Case("RT 1", cell, f'element("RT", "{cell}", 1)', HDIV, geometry, dimension))
                cases.append(Case("N1curl 1", cell, f'element("N1curl", "{cell}", 1)', MATRIX, geometry, dimension))
    return cases


def form_file(case: Case, mass_alone: bool) -> str:
    """The form file of a case."""
    geometry = f'element("P", "{case.cell}", {case.geometry}, shape=({case.space},)'
    if case.cell == "pyramid" and case.geometry > 2:
        geometry += ", lagrange_variant=LagrangeVariant.equispaced"
    rule = ", degree=2, scheme=\"default\"" if "quadrature" in case.name else ""
    lines = [
        "from basix import DPCVariant, LagrangeVariant",
        "from basix.ufl import (blocked_element, element, enriched_element, mixed_element, quadrature_element,",
        "                       real_element)",
        "from ufl import *",
        f"mesh = Mesh({geometry}))",
        f"V = FunctionSpace(mesh, {case.element})",
        "u, v, f = TrialFunction(V), TestFunction(V), Coefficient(V)",
        f"mass = inner(u, v)*dx(degree=2)" if rule else "mass = inner(u, v)*dx",
        "forms = [mass]",
    ]
    if mass_alone:
        return "\n".join(lines) + "\n"
    if "quadrature" in case.name:
        lines += ["load = inner(f, v)*dx(degree=2)", "forms += [load]"]
        return "\n".join(lines) + "\n"
    if case.derivatives:
        lines += ["stiff = inner(grad(u), grad(v))*dx + inner(u, v)*dx", "forms += [stiff]"]
        if case.kind == HDIV:
            lines += ["special = div(u)*div(v)*dx + inner(u, v)*dx", "forms += [special]"]
        if case.kind == HCURL:
            lines += ["special = inner(curl(u), curl(v))*dx + inner(u, v)*dx", "forms += [special]"]
    if "Bubble" not in case.name:  # it is zero there
        lines += ["side = inner(u, v)*ds", "load = inner(f, v)*ds",
                  "across = inner(jump(u), jump(v))*dS + inner(avg(u), avg(v))*dS",
                  "forms += [side, load, across]"]
    if case.derivatives and case.space == DIMENSION.get(case.cell, 3):
        lines += ["n = FacetNormal(mesh)",
                  "flux = inner(avg(grad(f)), avg(grad(v)))*dS + inner(dot(avg(grad(f)), n('+')), jump(v))*dS"
                  " + inner(f('+'), v('-'))*dS",
                  "forms += [flux]"]
    return "\n".join(lines) + "\n"


@dataclasses.dataclass
class Outcome:
    case: Case
    status: int | None  # None: killed at the time limit
    seconds: float
    verdict: str
    worst: float
    checks: int
    message: str


def verify(case: Case, options: argparse.Namespace, folder: pathlib.Path, number: int) -> Outcome:
    path = folder / f"case{number}.py"
    path.write_text(form_file(case, options.mass))
    command = [str(options.binary), "verify", str(path), "--json", "--no-convergence", "--quiet",
               "--inputs", "1" if options.mass else "2"]
    start = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.limit)
    except subprocess.TimeoutExpired:
        return Outcome(case, None, options.limit, "slow", 0, 0, "")
    seconds = time.monotonic() - start
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {}
    checks = document.get("checks", [])
    ratios = [check["error"] / check["tolerance"] for check in checks
              if check.get("tolerance") and check.get("error") is not None]
    failed = [json.dumps(check) for check in checks if not check.get("pass")]
    message = failed[0] if failed else done.stderr.strip().splitlines()[0] if done.stderr.strip() else ""
    return Outcome(case, done.returncode, seconds, document.get("verdict", ""), max(ratios, default=0), len(checks),
                   message)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--mass", action="store_true", help="all degrees, the mass matrix alone")
    parser.add_argument("--only", default="", help="cases whose name or cell contains this")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120, help="seconds a case")
    parser.add_argument("--slow", type=float, default=20, help="seconds above which a case is called slow")
    options = parser.parse_args()

    cases = families(options.mass) + variants(options.mass)
    if not options.mass:
        cases += composed() + bent()
    cases = [case for case in cases if options.only in f"{case.name} {case.cell}"]
    bad = refused = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = pool.map(lambda pair: verify(pair[1], options, pathlib.Path(folder), pair[0]), enumerate(cases))
        for outcome in outcomes:
            case = outcome.case
            good = outcome.status == 0 and outcome.checks > 0
            refused += outcome.status in (2, 3)
            bad += not good and outcome.status not in (2, 3)
            word = "ok" if good else "FAILED" if outcome.status == 1 else f"exit {outcome.status}"
            slow = " slow" if outcome.seconds > options.slow else ""
            print(f"{word:8} {outcome.seconds:6.1f} s{slow} {outcome.checks:4} checks {outcome.worst:9.2e}  "
                  f"{case.cell}+{case.geometry}@{case.space} {case.name}  {'' if good else outcome.message}", flush=True)
    print(f"{len(cases)} cases, {refused} refused, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

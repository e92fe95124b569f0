#!/usr/bin/env python3
"""femsynth beside FFCx on FFCx's demos, in one run on one machine.

Writes notes/ffcx_comparison.md and notes/measurements/ffcx_comparison.json. Makes a virtual
environment with FFCx (pip's own index settings) in a temporary folder, or uses one that is given.
Needs Python 3.10, gcc and g++, and a built femsynth; no NVRTC.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

import c_cost
import conformance
import demos

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPEATS = 3
KINDS = {"cell": "cell", "exterior_facet": "facet", "interior_facet": "facet"}


def make_environment(folder: pathlib.Path) -> pathlib.Path:
    """A virtual environment with FFCx; returns its Python."""
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet",
                        f"{demos.FFCX}=={demos.FFCX_VERSION}"], check=True)
    return python


def ask_environment(python: pathlib.Path, code: str) -> str:
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True,
                          text=True).stdout.strip()


def run_times(request: dict, folder: pathlib.Path) -> tuple[dict[str, float], str]:
    """Nanoseconds by function, and why there are none."""
    file = folder / "request.json"
    file.write_text(json.dumps(request))
    done = subprocess.run([sys.executable, str(HERE / "kernel_time.py"), str(file), str(folder)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return {}, f"run time: {last}"
    answer = json.loads(done.stdout)
    return answer.get("times", {}), answer.get("reason", "")


def measure_ffcx(python: pathlib.Path, demo: pathlib.Path, scalar: str, cell: str, include: str,
                 folder: pathlib.Path) -> dict:
    out = folder / "ffcx.json"
    seconds = []  # by process: first and second time in it
    for _ in range(REPEATS):
        done = subprocess.run([str(python), str(HERE / "ffcx_worker.py"), str(out), scalar, "2",
                               str(demo)], capture_output=True, text=True)
        if done.returncode != 0:
            return {"reason": (done.stderr.strip().splitlines() or ["?"])[-1]}
        made = json.loads(out.read_text())
        seconds.append(made["seconds"])
    functions = c_cost.functions_of(made["source"])
    kinds = {i["name"]: KINDS.get(i["kind"], i["kind"]) for i in made["integrals"]}
    result = {"milliseconds": 1e3 * min(first for first, _ in seconds),
              "milliseconds_again": 1e3 * min(again for _, again in seconds),
              "lines": sum(c_cost.code_lines(body) for _, body in functions.values()),
              "bytes": sum(len(body) for _, body in functions.values()), "functions": {}}
    times, reason = {}, ""
    if made["integrals"]:
        request = {"source": made["source"], "integrals": made["integrals"], "cell": cell,
                   "scalar": scalar, "include": include}
        times, reason = run_times({"ffcx": request}, folder)
    for name, (parameters, body) in functions.items():
        kind = next((k for n, k in kinds.items() if n in name), "point")
        cost = c_cost.count(parameters, body)
        result["functions"][name] = {"kind": kind, "flops": cost.flops, "calls": cost.calls,
                                     "nanoseconds": times.get(name)}
    if reason:
        result["reason"] = reason
    return result


def device_functions(cuda: str) -> str:
    """The source without its __global__ kernels: tables, integrand and element functions."""
    return re.sub(r'extern "C" __global__.*?\n}\n', "", cuda, flags=re.S)


def compile_femsynth(binary: str, demo: pathlib.Path, scalar: str) -> conformance.Answer:
    command = [binary, "compile", str(demo), "--level", "cuda", "--strategy", "element", "--json"]
    if scalar.startswith("complex"):
        command += ["--precision", "c128"]
    return conformance.call(command, 120)


def measure_femsynth(binary: str, demo: pathlib.Path, scalar: str, folder: pathlib.Path) -> dict:
    answers = [compile_femsynth(binary, demo, scalar) for _ in range(REPEATS)]
    if answers[0].status != 0:
        return {"reason": conformance.reason_of(answers[0])}
    objects = conformance.objects_of(answers[0].document)
    milliseconds = [conformance.milliseconds_of(conformance.objects_of(a.document))
                    for a in answers]
    texts = [item.get("text", "") for item in objects]
    parts = [device_functions(text) for text in texts]
    result = {"milliseconds": min((m for m in milliseconds if m is not None), default=None),
              "lines": sum(c_cost.code_lines(part) for part in parts),
              "bytes": sum(len(part) for part in parts), "functions": {},
              "cell": objects[0].get("cell", "") if objects else ""}
    for item, text in zip(objects, texts):
        own = folder / f"femsynth_{item.get('name', '')}"
        own.mkdir()
        times, reason = run_times({"femsynth": {"cuda": text, "cell": item.get("cell", "")}}, own)
        if reason:
            result["reason"] = reason
        for kernel in item.get("kernels") or []:
            if kernel.get("kind") in ("fill", "finish"):
                continue
            operations = kernel.get("operations") or {}
            result["functions"][kernel["name"]] = {
                "kind": "facet" if kernel.get("per") == "facet" else "cell",
                "flops": operations.get("flops"), "calls": operations.get("function_calls"),
                "nanoseconds": times.get(kernel["name"])}
    return result


def total(side: dict, what: str) -> float | None:
    """The sum over all functions, each run for one cell or facet; None if one is not known."""
    values = [f.get(what) for f in side.get("functions", {}).values()]
    return sum(values) if values and all(v is not None for v in values) else None


def cell_of(demo: pathlib.Path) -> str:
    """The first cell type that the file names."""
    names = [name for name in ("interval", "triangle", "tetrahedron", "quadrilateral",
                               "hexahedron", "prism", "pyramid")]
    found = re.search("|".join(names), "\n".join(
        line for line in demo.read_text().splitlines() if not line.startswith("#")))
    return found.group() if found else "triangle"


def measure(arguments: argparse.Namespace, python: pathlib.Path, include: str,
            demo: pathlib.Path) -> dict:
    scalar = "complex128" if demos.has_complex_literal(demo) else "float64"
    with tempfile.TemporaryDirectory(prefix="femsynth-compare-") as name:
        folder = pathlib.Path(name)
        ours = measure_femsynth(arguments.binary, demo, scalar, folder)
        cell = ours.get("cell") or cell_of(demo)
        theirs = measure_ffcx(python, demo, scalar, cell, include, folder)
    print(f"{demo.stem}: {ours.get('milliseconds')} ms, FFCx {theirs.get('milliseconds')} ms",
          file=sys.stderr)
    return {"demo": demo.stem, "scalar": scalar, "femsynth": ours, "ffcx": theirs}


def number(value: float | None, digits: str = ",.0f") -> str:
    return "–" if value is None else format(value, digits)


def ratio(theirs: float | None, ours: float | None) -> float | None:
    return theirs / ours if theirs is not None and ours else None


def pair(theirs: float | None, ours: float | None, digits: str) -> str:
    return (f"{number(theirs, digits)} | {number(ours, digits)} | "
            f"{number(ratio(theirs, ours), '.1f')} |")


def table(records: list[dict]) -> str:
    text = ("| demo | ms FFCx | ms | ratio | lines FFCx | lines | ratio | flops FFCx | flops | ratio "
            "| ns FFCx | ns | ratio | remark |\n|---|" + "--:|" * 12 + "---|\n")
    for record in records:
        ours, theirs = record["femsynth"], record["ffcx"]
        remarks = [f"{who}: {side['reason']}" for who, side in
                   (("femsynth", ours), ("FFCx", theirs)) if side.get("reason")]
        text += f"| {record['demo']} | "
        text += pair(theirs.get("milliseconds"), ours.get("milliseconds"), ",.2f") + " "
        text += pair(theirs.get("lines"), ours.get("lines"), ",.0f") + " "
        text += pair(total(theirs, "flops"), total(ours, "flops"), ",.0f") + " "
        text += pair(total(theirs, "nanoseconds"), total(ours, "nanoseconds"), ",.0f") + " "
        text += "; ".join(remarks).replace("|", "\\|") + " |\n"
    return text


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(v) for v in values) / len(values))


def summary(records: list[dict]) -> str:
    """One line a quantity: smallest, geometric mean and greatest ratio FFCx / femsynth."""
    text = "| FFCx / femsynth | demos | smallest | geometric mean | greatest |\n|---|--:|---|--:|---|\n"
    quantities = {
        "code-generation time": lambda side: side.get("milliseconds"),
        "the same, FFCx's second in a process": lambda side: side.get(
            "milliseconds_again", side.get("milliseconds")),
        "generated lines": lambda side: side.get("lines"),
        "floating-point operations": lambda side: total(side, "flops"),
        "run time on the CPU": lambda side: total(side, "nanoseconds"),
    }
    for title, of in quantities.items():
        found = [(r, record["demo"]) for record in records
                 if (r := ratio(of(record["ffcx"]), of(record["femsynth"]))) is not None]
        if not found:
            continue
        low, high = min(found), max(found)
        text += (f"| {title} | {len(found)} | {low[0]:.2f} ({low[1]}) | "
                 f"{geometric_mean([r for r, _ in found]):.2f} | {high[0]:.2f} ({high[1]}) |\n")
    return text


EXPLANATION = f"""
- **ms**: code generation, best of {REPEATS} processes, the first in each. FFCx: time inside Python of
  `ffcx.compiler.compile_ufl_objects`; imports and the evaluation of the form file are left out.
  femsynth: from reading the form file to CUDA C++, all forms. FFCx keeps element tables in a process:
  its second time there has a line of its own in the summary.
- **lines**: neither blank nor comment. FFCx: bodies of the `tabulate_tensor` functions, tables
  included. femsynth: all but the `__global__` kernels: tables, integrand and element functions.
- **flops**: additions, multiplications and divisions, of every integral once, for one cell or
  facet. FFCx: counted in its C (`tests/peers/c_cost.py`). femsynth: its own report, strategy `element`.
- **ns**: one call of every integral's function on one core of this CPU, `-O3 -march=native` for
  both, best of 3 runs over 10⁵ cells (fewer where that takes longer than half a second) with random data in cache. femsynth's
  CUDA C++ is compiled as C++ and run one cell after another; its time includes gathering the cell's
  data through index arrays, which UFC leaves to the caller. FFCx's includes clearing the tensor.
- A ratio above 1 is in femsynth's favour.
"""


def page(records: list[dict], facts: dict[str, str]) -> str:
    text = "# Beside FFCx\n\nMade by `tests/peers/ffcx_compare.py`; do not edit.\n\n"
    text += "| | |\n|---|---|\n" + "".join(f"| {key} | {value} |\n" for key, value in facts.items())
    return text + EXPLANATION + "\n" + summary(records) + "\n" + table(records)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/femsynth"))
    parser.add_argument("--archives", type=pathlib.Path, help="folder with both .tar.gz")
    parser.add_argument("--environment", type=pathlib.Path,
                        help="virtual environment to use or to make; default: a temporary one")
    parser.add_argument("--only", help="only demos whose name contains this; prints the table")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="femsynth-ffcx-") as name:
        work = pathlib.Path(name)
        project = demos.load(arguments.archives, work)[0]
        python = make_environment((arguments.environment or work / "venv").resolve())
        include = ask_environment(python, "import ffcx.codegeneration as c; print(c.get_include_path())")
        versions = ask_environment(python, "import importlib.metadata as m; print(', '.join("
                                   "f'{n} {m.version(n)}' for n in "
                                   "('fenics-ffcx', 'fenics-ufl', 'fenics-basix', 'numpy')))")
        records = [measure(arguments, python, include, demo) for demo in project.demos
                   if (arguments.only or "") in demo.stem]
    if arguments.only:
        print(summary(records) + "\n" + table(records))
        return
    facts = {
        "date": datetime.date.today().isoformat(),
        "femsynth": conformance.first_line([arguments.binary, "--version"]),
        "beside": f"{versions}, Python {ask_environment(python, 'import platform; print(platform.python_version())')}",
        "C compiler": conformance.first_line(["gcc", "--version"]),
        "machine": conformance.machine(),
        "command": "`tests/peers/ffcx_compare.py`",
    }
    (ROOT / "notes/ffcx_comparison.md").write_text(page(records, facts))
    measurements = ROOT / "notes/measurements"
    measurements.mkdir(exist_ok=True)
    (measurements / "ffcx_comparison.json").write_text(
        json.dumps({"facts": facts, "demos": records}, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compiles and verifies every demo of FFCx and UFL, and writes notes/conformance.md.

The demos come from the projects' source archives, downloaded now (pip's own index settings) or
given with --archives; they are unpacked into a temporary folder and nothing of them is kept.
Needs Python 3.9 and pip, and a built femsynth with NVRTC and the deal.II module.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import datetime
import json
import math
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import demos

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Inputs for demos whose functions are not finite at most random ones. MathFunctions takes asin, acos
# and ln of c0, 3 c0 − c1, c0 c1 and c0/c1: all of them must lie between 0 and 1.
INPUTS = {"MathFunctions": ["c0=0.3 + 0.05*x[0]", "c1=0.45 + 0.1*x[1]"]}


@dataclasses.dataclass
class Answer:
    """What one call of femsynth said."""

    status: int | None  # exit status; None: killed at the time limit
    document: dict
    messages: str


@dataclasses.dataclass
class Row:
    """One demo's line of the table. None: not known."""

    demo: str
    status: str
    forms: int | None = None
    cell_operations: float | None = None
    facet_operations: float | None = None
    lines: int | None = None
    milliseconds: float | None = None
    worst: float | None = None
    remark: str = ""


def call(command: list[str], limit: float) -> Answer:
    """Runs a command that prints one JSON document."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Answer(None, {}, f"error: not done within {limit:g} s")
    try:
        document = json.loads(done.stdout) if done.stdout.strip() else {}
    except json.JSONDecodeError:
        document = {}
    return Answer(done.returncode, document if isinstance(document, dict) else {}, done.stderr)


def reason_of(answer: Answer) -> str:
    """The first error of the messages, without the file's name, on one line."""
    lines = [line for line in answer.messages.splitlines() if line.strip()]
    for line in lines:
        place, found, text = line.partition("error: ")
        if found:
            digits = [part for part in place.split(":")[1:] if part.strip().isdigit()]
            return (f"line {digits[0]}: " if digits else "") + text.strip()
    if lines:
        return lines[-1].strip()
    return "" if answer.status == 0 else f"exit status {answer.status}"


def objects_of(report: dict) -> list[dict]:
    """Forms, and the expressions that are tabulated at points."""
    return list(report.get("forms") or []) + list(report.get("expressions") or [])


def operations_of(objects: list[dict], per: str) -> float | None:
    """Floating-point operations of all integral kernels of one kind, one entity each."""
    counts = [kernel["operations"]["flops"]
              for item in objects for kernel in item.get("kernels") or []
              if kernel.get("kind") != "fill" and kernel.get("kind") != "finish"
              and (kernel.get("per") == "facet") == (per == "facet")
              and (kernel.get("operations") or {}).get("flops") is not None]
    return sum(counts) if counts else None


def milliseconds_of(objects: list[dict]) -> float | None:
    """From the form file to CUDA C++: the file once, then every form's passes; not NVRTC."""
    read, total, known = 0.0, 0.0, False
    for item in objects:
        for step, seconds in (item.get("seconds") or {}).items():
            known = True
            if step.startswith("read"):
                read = max(read, seconds)
            elif not step.startswith("NVRTC"):
                total += seconds
    return 1e3 * (read + total) if known else None


def worst_of(verdict: dict) -> float | None:
    """The greatest error over tolerance of all checks; a figure that is not finite is inf."""
    ratios = []
    for check in verdict.get("checks") or []:
        if check.get("quantity") in ("numbering", "poison"):
            continue
        ratio = check.get("ratio")
        ratios.append(math.inf if ratio is None else float(ratio))
    return max(ratios) if ratios else None


def fill_from_report(row: Row, report: dict) -> None:
    objects = objects_of(report)
    row.forms = len(objects)
    row.cell_operations = operations_of(objects, "cell")
    row.facet_operations = operations_of(objects, "facet")
    lines = [(item.get("lines") or {}).get("cuda") for item in objects]
    row.lines = sum(n for n in lines if n is not None) if any(lines) else None
    row.milliseconds = milliseconds_of(objects)
    not_compiled = [item["not_compiled"] for item in objects if item.get("not_compiled")]
    if not_compiled:
        row.remark = "no PTX: " + not_compiled[0]


def verify(command: list[str], names: list[str], limit: float) -> tuple[str, float | None, str]:
    """Status, worst ratio and reason; form by form where the file as a whole has no verdict."""
    answer = call(command, limit)
    if answer.status == 0:
        return "verified", worst_of(answer.document), ""
    if answer.status == 1:
        return failure(answer.document)
    if len(names) < 2:
        return "compiled", None, reason_of(answer)
    done, worst, reasons = 0, None, []
    for name in names:
        one = call(command + ["--form", name], limit)
        figure = worst_of(one.document)
        worst = figure if worst is None else max(worst, figure or 0.0)
        if one.status == 0:
            done += 1
        elif one.status == 1:
            return failure(one.document)
        else:
            reasons.append(f"{name}: {reason_of(one)}")
    if done == len(names):
        return "verified", worst, ""
    return (f"verified {done} of {len(names)}" if done else "compiled"), worst, reasons[0]


def failure(verdict: dict) -> tuple[str, float | None, str]:
    """Of a document with a check that failed, or with none that shows anything."""
    for report in verdict.get("reports") or []:
        if report.get("verdict") != "verified":
            status = "untested" if report.get("verdict") == "untested" else "mismatch"
            reason = f"{report.get('form', '?')}: {report.get('reason') or report.get('verdict')}"
            return status, None if status == "untested" else worst_of(verdict), reason
    for study in verdict.get("convergence") or []:
        if study.get("pass") is False:
            reason = f"{study.get('form', '?')}: no convergence: {study.get('reason')}"
            return "mismatch", worst_of(verdict), reason
    return "mismatch", worst_of(verdict), ""


def examine(binary: str, demo: pathlib.Path, scalar: str, limit: float) -> Row:
    """One demo's row."""
    precision = scalar
    if scalar == "auto":
        precision = "c128" if demos.has_complex_literal(demo) else "f64"
    options = [] if precision == "f64" else ["--precision", precision]
    compiled = call([binary, "compile", str(demo), "--level", "report", "--json", *options], limit)
    if compiled.status != 0:
        return Row(demo.stem, "refused", remark=reason_of(compiled))
    row = Row(demo.stem, "compiled", remark="" if precision == "f64" else precision)
    fill_from_report(row, compiled.document)
    if row.forms == 0:
        row.status = "elements only"
        return row
    names = [item.get("name", "") for item in objects_of(compiled.document)]
    inputs = INPUTS.get(demo.stem, [])
    for value in inputs:
        options += ["--set", value]
    row.status, row.worst, reason = verify([binary, "verify", str(demo), "--json", *options],
                                           names, limit)
    given = "with " + ", ".join(inputs) if inputs else ""
    row.remark = "; ".join(text for text in (row.remark, given, reason) if text)
    return row


def cell_text(value: float | None, digits: str) -> str:
    if value is None:
        return "–"
    return format(value, digits) if math.isfinite(value) else "not finite"


def operations_text(row: Row) -> str:
    parts = []
    if row.cell_operations is not None:
        parts.append(f"{row.cell_operations:,.0f}")
    if row.facet_operations is not None:
        parts.append(f"{row.facet_operations:,.0f} a facet")
    return " + ".join(parts) or "–"


def table(rows: list[Row]) -> str:
    """A Markdown table, one line a demo."""
    text = ("| demo | status | forms | operations a cell | lines | ms | worst error / tolerance |"
            " remark |\n|---|---|--:|--:|--:|--:|--:|---|\n")
    for row in rows:
        remark = row.remark.replace("|", "\\|").replace("\n", " ")
        text += (f"| {row.demo} | {row.status} | {'–' if row.forms is None else row.forms} | "
                 f"{operations_text(row)} | {cell_text(row.lines, ',.0f')} | "
                 f"{cell_text(row.milliseconds, '.2f')} | {cell_text(row.worst, '.2g')} | "
                 f"{remark} |\n")
    return text


def summary(rows: list[Row]) -> str:
    """"20 verified, 9 refused", most wanted first."""
    order = ["verified", "elements only", "compiled", "untested", "mismatch", "refused"]
    counts: dict[str, int] = {}
    for row in rows:
        key = "verified in part" if row.status.startswith("verified ") else row.status
        counts[key] = counts.get(key, 0) + 1
    keys = sorted(counts, key=lambda k: (order.index(k) if k in order else len(order), k))
    return ", ".join(f"{counts[key]} {key}" for key in keys)


def page(sections: list[tuple[str, list[Row]]], facts: dict[str, str]) -> str:
    """The whole of notes/conformance.md. `sections`: a title and its rows; `facts`: in order."""
    text = "# Conformance: the demos of FFCx and UFL\n\n"
    text += ("Made by `tests/peers/conformance.py`; do not edit. Every demo is compiled\n"
             "(`femsynth compile --level report`, down to PTX where NVRTC is) and every form in it is\n"
             "verified (`femsynth verify`: 8 random inputs on 3 meshes, against the oracle).\n\n")
    text += "| | |\n|---|---|\n" + "".join(f"| {key} | {value} |\n" for key, value in facts.items())
    text += ("\n- **status**: *verified*: every form's values equal the oracle's; *compiled*: there is a\n"
             "  kernel, but no verdict (the remark says why); *untested*: no value could be judged;\n"
             "  *elements only*: the file defines no form and is accepted; *refused*: the remark is the\n"
             "  message. Expressions that are tabulated at points count as forms.\n"
             "- **operations a cell**: floating-point operations of all forms' kernels for one cell, and\n"
             "  for one facet where there are facet integrals; an elementary function is not counted.\n"
             "- **lines**: of CUDA C++ of all forms. **ms**: from the form file to CUDA C++, all forms.\n")
    for title, rows in sections:
        text += f"\n## {title}\n\n{summary(rows)}.\n\n{table(rows)}"
    return text


def machine() -> str:
    model = "unknown processor"
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores"


def first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (done.stdout.strip() or done.stderr.strip() or "unknown").splitlines()[0]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/femsynth"))
    parser.add_argument("--archives", type=pathlib.Path, help="folder with both .tar.gz")
    parser.add_argument("--jobs", type=int, default=2, help="demos at a time")
    parser.add_argument("--limit", type=float, default=120, help="seconds a call of femsynth")
    parser.add_argument("--scalar", default="auto",
                        help="precision of the kernels; auto: c128 for a demo with complex "
                        "literals, else f64")
    parser.add_argument("--only", help="only demos whose name contains this; prints the table")
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        default=ROOT / "notes/conformance.md")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    sections = []
    with tempfile.TemporaryDirectory(prefix="femsynth-demos-") as folder:
        projects = demos.load(arguments.archives, pathlib.Path(folder))
        for project in projects:
            chosen = [d for d in project.demos if (arguments.only or "") in d.stem]
            with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
                rows = list(pool.map(
                    lambda demo: examine(arguments.binary, demo, arguments.scalar,
                                         arguments.limit), chosen))
            print(f"{project.name} {project.version}: {summary(rows)}", file=sys.stderr)
            sections.append((f"{project.name} {project.version} ({len(rows)} demos)", rows))
    if arguments.only:
        print("\n".join(table(rows) for _, rows in sections))
        return
    facts = {
        "date": datetime.date.today().isoformat(),
        "femsynth": first_line([arguments.binary, "--version"]),
        "demos of": ", ".join(f"{p.name} {p.version}" for p in projects),
        "machine": machine(),
        "command": f"`tests/peers/conformance.py --jobs {arguments.jobs} "
                   f"--limit {arguments.limit:g} --scalar {shlex.quote(arguments.scalar)}`",
    }
    arguments.output.write_text(page(sections, facts))


if __name__ == "__main__":
    main()

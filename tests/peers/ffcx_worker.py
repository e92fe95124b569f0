"""Runs FFCx on form files and says what it took; started by ffcx_compare.py in FFCx's environment.

usage: ffcx_worker.py OUT.json SCALAR REPEATS FILE

Writes {seconds: [...], source, integrals: [{name, kind, tensor, coefficients, constants,
coordinates}]}; sizes are in numbers, both sides of an interior facet included.
"""

import json
import math
import sys
import time

import ufl.algorithms
from ffcx.analysis import analyze_ufl_objects
from ffcx.compiler import compile_ufl_objects
from ffcx.ir.representation import compute_ir
from ffcx.options import get_options


def load(path):
    data = ufl.algorithms.load_ufl_file(path)
    return data.forms + data.expressions + data.elements, data.object_names


def sizes(objects, names, options):
    """One entry a tabulate_tensor function."""
    analysis = analyze_ufl_objects(objects, options["scalar_type"])
    ir = compute_ir(analysis, names, "demo", options, False)
    result = []
    numbers = iter(ir.integrals)
    for data in analysis.form_data:
        coefficients = sum(e.dim for e in data.coefficient_elements)
        constants = sum(math.prod(c.ufl_shape) for c in data.original_form.constants())
        for _ in data.integral_data:
            entry = next(numbers).expression
            sides = 2 if entry.integral_type == "interior_facet" else 1
            result.append({"kind": entry.integral_type, "name": entry.name,
                           "tensor": math.prod(entry.tensor_shape),
                           "coefficients": sides * coefficients, "constants": constants,
                           "coordinates": sides * entry.number_coordinate_dofs * 3})
    return result


def main():
    out, scalar, repeats, path = sys.argv[1:]
    options = get_options({"scalar_type": scalar})
    seconds = []
    for _ in range(int(repeats)):
        objects, names = load(path)  # anew: UFL keeps what it has computed of a form
        start = time.perf_counter()
        code, _ = compile_ufl_objects(objects, options=options, object_names=names,
                                      namespace="demo")
        seconds.append(time.perf_counter() - start)
    objects, names = load(path)
    try:
        integrals = sizes(objects, names, options)
    except Exception as error:  # FFCx's internals: only run times are lost
        print(f"sizes: {error!r}", file=sys.stderr)
        integrals = []
    with open(out, "w") as file:
        json.dump({"seconds": seconds, "source": code[-1], "integrals": integrals}, file)


main()

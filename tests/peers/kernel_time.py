"""Run times of generated kernels on this CPU: FFCx's C and femsynth's CUDA C++, one harness.

Both are compiled with the same compiler and flags and called through a function pointer, one call
a cell, over a block of cells with data of their own that stays in cache; each call writes an
element tensor to its own place. FFCx adds to the tensor, so it is cleared before, as UFC asks of
its caller. femsynth's kernel under the strategy `element` runs whole, one "thread" a cell: it
gathers the cell's data through index arrays, which UFC leaves to its caller.

usage: kernel_time.py REQUEST.json FOLDER   (a process of its own: generated code may crash)

REQUEST holds {"ffcx": {source, integrals, cell, scalar, include}} or {"femsynth": {cuda, cell}};
prints {"times": {function: nanoseconds}} or {"reason": text}.
"""

from __future__ import annotations

import ctypes
import json
import pathlib
import random
import re
import subprocess
import sys

FLAGS = ["-O3", "-march=native", "-shared", "-fPIC", "-w"]
BLOCK_BYTES = 1 << 19  # of element tensors: stays in the second-level cache
TIME_LIMIT = 600  # seconds for the compiler

CLOCK = '''
#include <time.h>
static double femsynth_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
'''

# What CUDA C++ has and C++ has not.
CUDA_WORDS = '''
#include <cmath>
#include <cstddef>
#define __device__
#define __global__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
struct femsynth_index { unsigned x; };
static femsynth_index blockIdx, threadIdx;
static const femsynth_index blockDim = {1}, gridDim = {1};
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline double cyl_bessel_i0(double x) { return std::cyl_bessel_i(0.0, x); }
static inline double cyl_bessel_i1(double x) { return std::cyl_bessel_i(1.0, x); }
'''


class CannotTime(Exception):
    """Why there is no figure."""


def compile_shared(source: str, language: str, folder: pathlib.Path, name: str,
                   includes: list[str]) -> ctypes.CDLL:
    file = folder / f"{name}.{'c' if language == 'c' else 'cpp'}"
    library = folder / f"{name}.so"
    file.write_text(source)
    compiler = ["gcc", "-std=c17", "-D_GNU_SOURCE"] if language == "c" else ["g++", "-std=c++20"]
    command = [*compiler, *FLAGS, *(f"-I{path}" for path in includes), str(file), "-o",
               str(library), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired as error:
        raise CannotTime(f"the C compiler needs more than {TIME_LIMIT} s") from error
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line]
        raise CannotTime("the C compiler: " + (errors or ["failed"])[0])
    return ctypes.CDLL(str(library))


def best_nanoseconds(run, cells: int) -> float:
    """Nanoseconds a cell: the best of three runs of at least 10^5 cells (or half a second)."""
    once = max(run(1), 1e-9)
    rounds = max(1, min(int(100_000 / cells) + 1, int(0.5 / once) + 1))
    return 1e9 * min(run(rounds) for _ in range(3)) / (rounds * cells)


def cells_of_block(tensor: int) -> int:
    return max(4, min(256, BLOCK_BYTES // (8 * max(tensor, 1))))


def random_array(size: int, low: float, high: float, seed: int):
    numbers = random.Random(seed)
    return (ctypes.c_double * max(size, 1))(*(numbers.uniform(low, high) for _ in range(size)))


REFERENCE = {
    "interval": [(0,), (1,)],
    "triangle": [(0, 0), (1, 0), (0, 1)],
    "tetrahedron": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "quadrilateral": [(0, 0), (1, 0), (0, 1), (1, 1)],
    "hexahedron": [(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)],
    "prism": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)],
    "pyramid": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1)],
}


def cell_coordinates(cell: str, nodes: int, dimension: int, cells: int):
    """Cells near the reference cell; nodes beyond the vertices lie anywhere in it."""
    numbers = random.Random(5)
    vertices = REFERENCE.get(cell, [])
    values = []
    for _ in range(cells):
        for node in range(nodes):
            at = vertices[node] if node < len(vertices) else ()
            at = [*at, *(0.0,) * (3 - len(at))] if at else [numbers.uniform(0.2, 0.4)] * 3
            values += [at[k] + numbers.uniform(-0.05, 0.05) for k in range(dimension)]
    return (ctypes.c_double * len(values))(*values)


def ffcx_times(source: str, integrals: list[dict], cell: str, scalar: str, include: str,
               folder: pathlib.Path) -> dict[str, float]:
    """Nanoseconds of one call of each integral's tabulate_tensor, by name."""
    number = "double _Complex" if scalar.startswith("complex") else "double"
    width = 2 if scalar.startswith("complex") else 1
    names = re.findall(r"^void (tabulate_tensor_integral_\w+)\(", source, re.M)
    table = ", ".join(names)
    driver = f'''
{CLOCK}
typedef void (*femsynth_tabulate)({number}* restrict, const {number}* restrict,
    const {number}* restrict, const double* restrict, const int* restrict,
    const uint8_t* restrict, void*);
static femsynth_tabulate volatile femsynth_functions[] = {{{table}}};
double femsynth_time(int which, int cells, int rounds, {number}* A, int nA, const {number}* w,
                     int nw, const {number}* c, const double* x, int nx) {{
  const int facets[2] = {{0, 0}};
  const uint8_t permutations[2] = {{0, 0}};
  const double start = femsynth_now();
  for (int round = 0; round < rounds; ++round) {{
    for (int cell = 0; cell < cells; ++cell) {{
      memset(A + (size_t)cell * nA, 0, sizeof({number}) * nA);
      femsynth_functions[which](A + (size_t)cell * nA, w + (size_t)cell * nw, c,
                                x + (size_t)cell * nx, facets, permutations, 0);
    }}
  }}
  return femsynth_now() - start;
}}
'''
    library = compile_shared(source + driver, "c", folder, "ffcx", [include])
    library.femsynth_time.restype = ctypes.c_double
    result = {}
    for which, name in enumerate(names):
        integral = next((i for i in integrals if i["name"] in name), None)
        if integral is None:
            continue
        tensor, per_cell = integral["tensor"], integral["coefficients"]
        cells = cells_of_block(tensor * width)
        nodes = integral["coordinates"] // 3
        sides = 2 if integral["kind"] == "interior_facet" else 1
        arrays = [random_array(cells * tensor * width, 0, 1, 1),
                  random_array(cells * per_cell * width, 0.5, 1.5, 2),
                  random_array(max(integral["constants"], 1) * width, 0.5, 1.5, 3),
                  cell_coordinates(cell, nodes // sides, 3, cells * sides)]
        result[name] = best_nanoseconds(
            lambda rounds: library.femsynth_time(which, cells, rounds, arrays[0], tensor,
                                                 arrays[1], per_cell, arrays[2], arrays[3],
                                                 integral["coordinates"]), cells)
    return result


def kernels_of(cuda: str) -> dict[str, list[str]]:
    """Parameters of each kernel in the text, as declared."""
    found = {}
    for name, parameters in re.findall(r"__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s+)?"
                                       r"(\w+)\(([^)]*)\)", cuda):
        found[name] = [" ".join(p.split()) for p in parameters.split(",")]
    return found


def body_of_kernel(cuda: str, name: str) -> str:
    start = re.search(rf"\b{name}\(", cuda[cuda.index("__global__"):])
    text = cuda[cuda.index("__global__") + start.start():]
    return text[:text.find("\n}\n")]


def stride_of(body: str, array: str) -> int:
    """Values of an index array a cell: K of "array[cell*K + i]"."""
    found = re.findall(rf"\b{array}\[\(?\w+\s*\*\s*(\d+)", body)
    return max((int(k) for k in found), default=1)


def argument_for(parameter: str, body: str, cell: str, cells: int, tensor: int):
    """The array (or number) that one parameter gets."""
    name = parameter.split()[-1].lstrip("*&")
    if "*" not in parameter:
        return cells if name == "count" else 0
    if "int" in parameter.split("*")[0]:
        if name == "entity_facets":
            return (ctypes.c_int * (4 * cells))()
        stride = stride_of(body, name)
        size = 2 * cells * stride  # both cells of an interior facet
        return (ctypes.c_int * size)(*range(size))
    if name == "result":
        return (ctypes.c_double * (cells * max(tensor, 1) * 2))()
    if name == "coordinates":
        stride = max(stride_of(body, index) for index in
                     re.findall(r"\b(cell_\w+)\[", body) or ["cell_vertices"])
        dimension = stride_of(body, name)
        return cell_coordinates(cell, stride, dimension, 2 * cells)
    indices = name.replace("_dofs", "_nodes")
    per_node = stride_of(body, name)
    return random_array(2 * cells * stride_of(body, indices) * max(per_node, 1) * 2 + 4096,
                        0.5, 1.5, 4)


def tensor_size(body: str) -> int:
    """Values that a kernel writes a cell: what one more entity adds to an index of its result."""
    sizes = [1]
    for index in re.findall(r"\bresult\[([\w\s+*()]*)\]", body):
        at = [eval(re.sub(r"\b[A-Za-z_]\w*", lambda name: str(
            entity if name.group() == "entity" else 0), index.replace("\n", " ")),
            {"__builtins__": {}}) for entity in (0, 1)]
        sizes.append(at[1] - at[0])
    return max(sizes)


def femsynth_times(cuda: str, cell: str, folder: pathlib.Path) -> dict[str, float]:
    """Nanoseconds a cell or facet of each kernel in a CUDA source of the strategy `element`."""
    kernels = kernels_of(cuda)
    cases, calls = "", ""
    for which, (kernel, parameters) in enumerate(kernels.items()):
        arguments = []
        for k, parameter in enumerate(parameters):
            kind = parameter.rsplit(" ", 1)[0].replace("__restrict__", "").strip()
            arguments.append(f"({kind})p[{k}]" if "*" in parameter else f"*({kind}*)p[{k}]")
        cases += (f"    case {which}: call_{which}(cells, rounds, p); break;\n")
        calls += (f"static auto volatile pointer_{which} = &{kernel};\n"
                  f"static void call_{which}(int cells, int rounds, void** p) {{\n"
                  f"  for (int r = 0; r < rounds; ++r) for (int e = 0; e < cells; ++e) {{\n"
                  f"    blockIdx.x = e;\n    pointer_{which}({', '.join(arguments)});\n  }}\n}}\n")
    driver = f'''
{CLOCK}
{calls}
extern "C" double femsynth_time(int which, int cells, int rounds, void** p) {{
  const double start = femsynth_now();
  switch (which) {{
{cases}  }}
  return femsynth_now() - start;
}}
'''
    library = compile_shared(CUDA_WORDS + cuda + driver, "c++", folder, "femsynth", [])
    library.femsynth_time.restype = ctypes.c_double
    result = {}
    for which, (kernel, parameters) in enumerate(kernels.items()):
        body = body_of_kernel(cuda, kernel)
        tensor = tensor_size(body)
        cells = cells_of_block(tensor)
        values = [argument_for(p, body, cell, cells, tensor) for p in parameters]
        kept = [ctypes.c_int(v) if isinstance(v, int) else v for v in values]
        pointers = (ctypes.c_void_p * len(kept))(*(ctypes.addressof(v) for v in kept))
        result[kernel] = best_nanoseconds(
            lambda rounds: library.femsynth_time(which, cells, rounds, pointers), cells)
    return result


def main() -> None:
    request = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    try:
        if "ffcx" in request:
            times = ffcx_times(**request["ffcx"], folder=folder)
        else:
            times = femsynth_times(**request["femsynth"], folder=folder)
        print(json.dumps({"times": times}))
    except CannotTime as reason:
        print(json.dumps({"reason": str(reason)}))


if __name__ == "__main__":
    main()

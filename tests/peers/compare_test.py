#!/usr/bin/env python3
"""Tests of the comparison with FFCx, without network, FFCx and femsynth."""

import pathlib
import shutil
import tempfile
import unittest

import c_cost
import ffcx_compare
import kernel_time

TABULATE = '''
void tabulate_tensor_integral_ab_triangle(double* restrict A,
                                    const double* restrict w,
                                    const double* restrict c,
                                    const double* restrict coordinate_dofs,
                                    const int* restrict entity_local_index,
                                    const uint8_t* restrict quadrature_permutation,
                                    void* custom_data)
{
// Quadrature rules
static const double weights[2] = {0.5, 1e-1};
static const double FE[1][1][2][3] = {{{{-1.0, 0.0, 1.0}, {0.0, -1.0, 1.0}}}};
double J = 0.0;
for (int ic = 0; ic < 3; ++ic)
{
  J += coordinate_dofs[(ic) * 3 + 1] * FE[0][0][0][ic];
}
double s = fabs(J) / (2.0 * 3.0);
for (int iq = 0; iq < 2; ++iq)
{
  double t[3] = {0};
  for (int j = 0; j < 3; ++j)
  {
    t[j] = J > 0.0 ? s * weights[iq] : -s;
    for (int i = 0; i < 3; ++i)
    {
      A[3 * (i) + (j)] += t[j] * FE[0][0][iq][i] - pow(w[i], 2);
    }
  }
}
}

ufcx_integral integral_ab = { .domain = 1 };
'''

CUDA = '''
__device__ __forceinline__ void element_a(const double (&X)[2][1], double (&A)[2][2]) {
  for (int i = 0; i < 2; ++i) {
    for (int k = 0; k < 2; ++k) {
      A[i][k] = X[1][0] - X[0][0];
    }
  }
}

extern "C" __global__ void __launch_bounds__(128) a_dx(int count, double* __restrict__ result,
    const double* __restrict__ coordinates, const int* __restrict__ cell_vertices) {
  const int entity = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (entity < count) {
    double X[2][1];
    for (int v = 0; v < 2; ++v) {
      const int vertex = cell_vertices[entity*2 + v];
      X[v][0] = coordinates[vertex];
    }
    double A[2][2];
    element_a(X, A);
    for (int i = 0; i < 2; ++i) {
      for (int k = 0; k < 2; ++k) {
        result[(entity*2 + i)*2 + k] = A[i][k];
      }
    }
  }
}
'''


class Cost(unittest.TestCase):
    def count(self, body, parameters="double* A, const double* w, const double _Complex* z"):
        return c_cost.count(parameters, body)

    def test_loops_multiply_and_subscripts_and_literals_are_free(self):
        functions = c_cost.functions_of(TABULATE)
        self.assertEqual(list(functions), ["tabulate_tensor_integral_ab_triangle"])
        cost = c_cost.count(*functions["tabulate_tensor_integral_ab_triangle"])
        # J: 3 (×, +=); s: a division; t: 2·3 products; A: 2·9 (×, −, +=).
        self.assertEqual((cost.add, cost.multiply, cost.divide), (3 + 36, 3 + 6 + 18, 1))
        self.assertEqual(cost.calls, 1 + 18)

    def test_complex_operations_count_as_real_ones(self):
        cost = self.count("double _Complex a = z[0] * z[1]; a += w[0] * z[0];")
        self.assertEqual((cost.add, cost.multiply), (2 + 2, 4 + 2))
        cost = self.count("double r = creal(z[0]) * 2.0;")
        self.assertEqual((cost.add, cost.multiply, cost.calls), (0, 1, 0))

    def test_what_is_not_known_is_refused_rather_than_miscounted(self):
        for body in ("while (1) A[0] += w[0];", "for (int i = 0; i < n; ++i) A[i] = 0;",
                     "A[0] = other;", "A[0] = w[0] # 1;"):
            with self.assertRaises(ValueError, msg=body):
                self.count(body)

    def test_lines_are_code(self):
        self.assertEqual(c_cost.code_lines("\n// a\n  x = 1;\n\n}\n"), 2)


class Source(unittest.TestCase):
    def test_kernels_are_left_out_of_the_device_functions(self):
        text = ffcx_compare.device_functions(CUDA)
        self.assertIn("element_a", text)
        self.assertNotIn("a_dx", text)
        self.assertEqual(c_cost.code_lines(text), 7)

    def test_the_tensor_and_the_parameters_of_a_kernel_are_read(self):
        body = kernel_time.body_of_kernel(CUDA, "a_dx")
        self.assertEqual(kernel_time.tensor_size(body), 4)
        self.assertEqual(kernel_time.tensor_size("result[entity*6 + i] = b[i];"), 6)
        self.assertEqual(kernel_time.tensor_size("result[entity] = M[0];"), 1)
        self.assertEqual(kernel_time.tensor_size("result[((entity*6 + i)*\n  5 + k)*2 + 1] = z;"), 60)
        self.assertEqual(kernel_time.stride_of(body, "cell_vertices"), 2)
        self.assertEqual([p.split()[-1] for p in kernel_time.kernels_of(CUDA)["a_dx"]],
                         ["count", "result", "coordinates", "cell_vertices"])

    @unittest.skipUnless(shutil.which("g++"), "needs g++")
    def test_a_kernel_is_compiled_and_timed(self):
        with tempfile.TemporaryDirectory() as folder:
            times, reason = ffcx_compare.run_times(
                {"femsynth": {"cuda": CUDA, "cell": "interval"}}, pathlib.Path(folder))
        self.assertEqual(reason, "")
        self.assertGreater(times["a_dx"], 0.1)
        self.assertLess(times["a_dx"], 1e5)


class Tables(unittest.TestCase):
    RECORDS = [
        {"demo": "One", "ffcx": {"milliseconds": 20.0, "lines": 80, "functions": {
            "f": {"flops": 100, "nanoseconds": 40}, "g": {"flops": 20, "nanoseconds": 5}}},
         "femsynth": {"milliseconds": 1.0, "lines": 40, "functions": {
             "a": {"flops": 60, "nanoseconds": 90}}}},
        {"demo": "Two", "ffcx": {"milliseconds": 5.0, "lines": 8, "functions": {}},
         "femsynth": {"reason": "line 3: a | b"}}]

    def test_ratios_are_ffcx_over_femsynth(self):
        text = ffcx_compare.table(self.RECORDS)
        self.assertIn("| One | 20.00 | 1.00 | 20.0 | 80 | 40 | 2.0 | 120 | 60 | 2.0 |"
                      " 45 | 90 | 0.5 |", text)

    def test_a_demo_without_a_side_has_its_reason_and_no_ratio(self):
        text = ffcx_compare.table(self.RECORDS)
        self.assertIn(r"| Two | 5.00 | – | – |", text)
        self.assertIn(r"femsynth: line 3: a \| b", text)
        self.assertIn("| generated lines | 1 | 2.00 (One) | 2.00 | 2.00 (One) |",
                      ffcx_compare.summary(self.RECORDS))


if __name__ == "__main__":
    unittest.main()

#include "solvers/verify/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace femsynth::solvers {
namespace {

/// The greatest bound that an entry may have: relative to the greatest of all, because an
/// entry may be 0 with nothing added up but roundings.
double greatest_bound(const ReferenceValues& expected, synth::Precision precision) {
  double scale = 0.0;
  for (const double m : expected.magnitude) {
    if (std::isfinite(m)) scale = std::max(scale, m);
  }
  return loosest_tolerance(precision) * scale;
}

/// "12", "(3, 4)"; of complex values with the part: "12 im".
std::string entry_name(std::size_t i, std::size_t columns, bool is_complex) {
  const char* part = !is_complex ? "" : i % 2 == 0 ? " re" : " im";
  if (is_complex) i /= 2;
  if (columns == 0) return fmt::format("{}{}", i, part);
  return fmt::format("({}, {}){}", i / columns, i % columns, part);
}

bool is_decided(const ReferenceValues& expected, std::size_t i, double limit) {
  return std::isfinite(expected.value[i]) && expected.bound[i] <= limit;
}

}  // namespace

double unit_roundoff(synth::Precision precision) {
  return synth::is_single(precision) ? 0x1p-24 : 0x1p-53;
}

double loosest_tolerance(synth::Precision precision) {
  return synth::is_single(precision) ? 0.25 : 1e-6;
}

void compare(std::span<const double> values, const ReferenceValues& expected,
             std::span<const double> extra, synth::Precision precision, std::size_t columns,
             Check& check) {
  check.pass = true;
  const double limit = greatest_bound(expected, precision);
  if (values.size() != expected.value.size()) {
    check.pass = false;
    check.detail = fmt::format("{} values, deal.II has {}", values.size(), expected.value.size());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_decided(expected, i, limit)) {
      ++check.undecided;
      continue;
    }
    ++check.entries;
    const double tolerance = expected.bound[i] + (extra.empty() ? 0.0 : extra[i]);
    const double error = std::abs(values[i] - expected.value[i]);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double ratio = error == 0.0                              ? 0.0
                         : std::isfinite(error) && tolerance > 0.0 ? error / tolerance
                                                                   : kInfinity;
    if (ratio > check.ratio || check.entries == 1) {
      check.error = std::isfinite(error) ? error : kInfinity;
      check.tolerance = tolerance;
      check.ratio = ratio;
      check.entry = entry_name(i, columns, synth::is_complex(precision));
    }
    if (!(ratio <= 1.0)) check.pass = false;
  }
  if (!check.pass) {
    check.detail = fmt::format("entry {} is off by {:.3e}, allowed is {:.3e}", check.entry,
                               check.error, check.tolerance);
  }
}

bool has_undecided(const ReferenceValues& expected, synth::Precision precision) {
  const double limit = greatest_bound(expected, precision);
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    if (!is_decided(expected, i, limit)) return true;
  }
  return false;
}

bool has_nonzero(const ReferenceValues& expected) {
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    if (std::abs(expected.value[i]) > 2.0 * expected.bound[i]) return true;
  }
  return false;
}

}  // namespace femsynth::solvers

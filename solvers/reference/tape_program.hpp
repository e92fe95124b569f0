#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "solvers/reference/number.hpp"
#include "solvers/reference/tape.hpp"

namespace femsynth::solvers {

/// Numbers side by side, as three arrays: one lane a quadrature point and input.
class Lanes {
 public:
  explicit Lanes(std::size_t size = 0) : size_(size), data_(3 * size) {}
  std::size_t size() const { return size_; }
  double* value() { return data_.data(); }
  double* magnitude() { return data_.data() + size_; }
  double* error() { return data_.data() + 2 * size_; }
  const double* value() const { return data_.data(); }
  const double* magnitude() const { return data_.data() + size_; }
  const double* error() const { return data_.data() + 2 * size_; }
  Number at(std::size_t i) const { return {data_[i], data_[size_ + i], data_[2 * size_ + i]}; }
  void set(std::size_t i, const Number& n) {
    data_[i] = n.value;
    data_[size_ + i] = n.magnitude;
    data_[2 * size_ + i] = n.error;
  }

 private:
  std::size_t size_;
  std::vector<double> data_;
};

/// Some entries of a tape, ready to be evaluated over many lanes at once.
class TapeProgram {
 public:
  TapeProgram() = default;
  TapeProgram(const Tape& tape, std::span<const std::int32_t> outputs);

  /// The coefficients, constants, coordinates and normals that it reads, in order.
  const std::vector<Leaf>& leaves() const { return leaves_; }
  std::size_t steps() const { return steps_.size(); }

  /// Evaluates every lane. `leaves` and `outputs` have the same number of lanes, in the order
  /// of leaves() and of the constructor's outputs; `u` is the unit roundoff.
  void run(std::span<const Lanes> leaves, std::span<Lanes> outputs, double u);

 private:
  struct Step {
    fem::Op op;
    double value;
    std::int32_t number;  // a Bessel function's order
    std::int32_t result;
    std::array<std::int32_t, 3> operands;
  };
  void run_step(const Step& step, std::size_t lanes, double u);
  double* slot(std::int32_t s) {
    return scratch_.data() + static_cast<std::size_t>(s) * 3 * chunk_;
  }

  std::vector<Leaf> leaves_;  // slots 0 … leaves − 1
  std::vector<Step> steps_;
  std::vector<std::int32_t> outputs_;  // slots
  std::size_t slots_ = 0;
  std::size_t chunk_ = 0;
  std::vector<double> scratch_;
};

}  // namespace femsynth::solvers

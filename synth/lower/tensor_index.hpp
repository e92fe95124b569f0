#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fem/form/graph.hpp"
#include "meshes/support/error.hpp"

/// Walks the components of an expression node: axes are its free indices by label, then its shape.
namespace femsynth::synth {

/// Extents of a node's axes.
class AxisList {
 public:
  explicit AxisList(const fem::Node& node) : free_(node.free) {
    for (const fem::FreeIndex& index : node.free) add(index.extent);
    shape_begin_ = extents_.size();
    for (const int extent : node.shape) add(extent);
  }
  std::size_t count() const {
    std::size_t product = 1;
    for (const std::size_t extent : extents_) product *= extent;
    return product;
  }
  const std::vector<std::size_t>& extents() const { return extents_; }
  std::size_t shape_begin() const { return shape_begin_; }
  /// The axis of a free index; extents().size() if there is none of that label.
  std::size_t axis_of(std::int32_t label) const {
    const auto at = std::find_if(free_.begin(), free_.end(),
                                 [&](const fem::FreeIndex& f) { return f.label == label; });
    return at == free_.end() ? extents_.size() : static_cast<std::size_t>(at - free_.begin());
  }
  /// Row-major stride of each axis.
  std::vector<std::size_t> strides() const {
    std::vector<std::size_t> result(extents_.size(), 1);
    for (std::size_t k = extents_.size(); k-- > 1;) result[k - 1] = result[k] * extents_[k];
    return result;
  }

 private:
  void add(int extent) { extents_.push_back(static_cast<std::size_t>(extent)); }
  std::vector<fem::FreeIndex> free_;
  std::vector<std::size_t> extents_;
  std::size_t shape_begin_ = 0;
};

/// Counts through all components in row-major order.
class MultiIndex {
 public:
  explicit MultiIndex(const AxisList& axes)
      : extents_(axes.extents()),
        shape_begin_(axes.shape_begin()),
        at_(extents_.size(), 0),
        done_(axes.count() == 0) {}
  bool done() const { return done_; }
  void advance() {
    ++offset_;
    for (std::size_t k = extents_.size(); k-- > 0;) {
      if (++at_[k] < extents_[k]) return;
      at_[k] = 0;
    }
    done_ = true;
  }
  std::size_t operator[](std::size_t axis) const { return at_[axis]; }
  std::size_t size() const { return at_.size(); }
  std::size_t offset() const { return offset_; }
  /// Row-major place among the components of the shape alone.
  std::size_t shape_offset() const {
    std::size_t result = 0;
    for (std::size_t k = shape_begin_; k < at_.size(); ++k) result = result * extents_[k] + at_[k];
    return result;
  }

 private:
  std::vector<std::size_t> extents_;
  std::size_t shape_begin_;
  std::vector<std::size_t> at_;
  std::size_t offset_ = 0;
  bool done_;
};

/// Which of an operand's free-index values belongs to a component of the result.
class FreeMap {
 public:
  FreeMap(const AxisList& result, const fem::Node& operand) {
    const std::size_t n = operand.free.size();
    std::size_t stride = 1;
    for (std::size_t k = n; k-- > 0;) {
      const std::size_t axis = result.axis_of(operand.free[k].label);
      if (axis == result.extents().size()) throw InternalError("a free index got lost");
      terms_.push_back({axis, stride});
      stride *= static_cast<std::size_t>(operand.free[k].extent);
    }
  }
  std::size_t offset(const MultiIndex& i) const {
    std::size_t result = 0;
    for (const Axis& term : terms_) result += i[term.axis] * term.stride;
    return result;
  }

 private:
  struct Axis {
    std::size_t axis, stride;
  };
  std::vector<Axis> terms_;
};

/// The component of an operand that meets a component of the result of an elementwise operator:
/// free indices by label; shapes are equal, or the operand is a scalar.
class AxisMap {
 public:
  AxisMap(const AxisList& result, const fem::Node& operand)
      : free_(result, operand),
        size_(static_cast<std::size_t>(fem::size_of(operand.shape))),
        scalar_(operand.is_scalar()) {}
  std::size_t offset(const MultiIndex& i) const {
    return free_.offset(i) * size_ + (scalar_ ? 0 : i.shape_offset());
  }

 private:
  FreeMap free_;
  std::size_t size_;
  bool scalar_;
};

/// The component of the operand of indexed, index_sum or component_tensor.
class LabelMap {
 public:
  LabelMap(const AxisList& result, const fem::Node& operand, const fem::Node& node) {
    const AxisList axes(operand);
    const std::vector<std::size_t> strides = axes.strides();
    for (std::size_t k = 0; k < operand.free.size(); ++k) {
      add_label(result, node, operand.free[k].label, strides[k],
                static_cast<std::size_t>(operand.free[k].extent));
    }
    for (std::size_t k = 0; k < operand.shape.size(); ++k) {
      const std::size_t stride = strides[axes.shape_begin() + k];
      if (node.op != fem::Op::indexed) {
        terms_.push_back({result.shape_begin() + k, stride});
      } else if (node.indices[k].free) {
        terms_.push_back({result.axis_of(node.indices[k].value), stride});
      } else {
        fixed_ += static_cast<std::size_t>(node.indices[k].value) * stride;
      }
    }
  }
  std::size_t offset(const MultiIndex& i) const {
    std::size_t result = fixed_;
    for (const Axis& term : terms_) result += i[term.axis] * term.stride;
    return result;
  }
  std::size_t sum_stride() const { return sum_stride_; }
  std::size_t sum_extent() const { return sum_extent_; }

 private:
  void add_label(const AxisList& result, const fem::Node& node, std::int32_t label,
                 std::size_t stride, std::size_t extent) {
    const auto bound =
        std::find_if(node.indices.begin(), node.indices.end(),
                     [&](const fem::Index& i) { return i.free && i.value == label; });
    if (node.op == fem::Op::index_sum && bound != node.indices.end()) {
      sum_stride_ = stride;
      sum_extent_ = extent;
    } else if (node.op == fem::Op::component_tensor && bound != node.indices.end()) {
      const auto axis = static_cast<std::size_t>(bound - node.indices.begin());
      terms_.push_back({result.shape_begin() + axis, stride});
    } else {
      terms_.push_back({result.axis_of(label), stride});
    }
  }
  struct Axis {
    std::size_t axis, stride;
  };
  std::vector<Axis> terms_;
  std::size_t fixed_ = 0;
  std::size_t sum_stride_ = 0;
  std::size_t sum_extent_ = 0;
};

}  // namespace femsynth::synth

#pragma once

#include <initializer_list>

#include "fem/form/algebra.hpp"

namespace femsynth::fem {

/// Constructors for rewriting. They differ from those of algebra.hpp in three ways: a product
/// never sums over repeated indices (in a rewritten expression those sums are nodes of their own
/// already); shapes are right by construction and not checked; and what differentiation leaves
/// behind is folded at once: zeros, ones, nested literal factors, identities, components of
/// tensors that are given by components.
class TensorBuilder {
 public:
  explicit TensorBuilder(ExprGraph& g) : g_(g) {}

  ExprGraph& graph() const { return g_; }
  const Node& operator[](ExprId id) const { return g_[id]; }
  bool is_zero(ExprId id) const { return g_[id].op == Op::zero; }
  bool is_scalar(ExprId id) const { return g_[id].is_scalar(); }

  ExprId number(double value) { return real(g_, value); }
  /// 0 with that shape, and the free indices of `like` together.
  ExprId zero_like(const Shape& shape, std::initializer_list<ExprId> like);

  ExprId plus(ExprId a, ExprId b);
  ExprId minus(ExprId a) { return scale(number(-1), a); }
  /// s · t with at most one of them no scalar, in any order.
  ExprId scale(ExprId s, ExprId t);
  /// a / b, b a scalar.
  ExprId quotient(ExprId a, ExprId b);
  /// f ** e.
  ExprId power_of(ExprId f, ExprId e);
  /// inner, dot, outer or cross.
  ExprId bilinear(Op op, ExprId a, ExprId b);
  /// transpose, trace, sym, skew, dev, conj, real_part or imag_part.
  ExprId linear(Op op, ExprId a);
  /// The node over another operand of the same shape and free indices: indexed (whose constructor
  /// in algebra.hpp would sum over A[i, i] again), index_sum, restricted, ….
  ExprId over(const Node& node, ExprId operand);
  /// A[indices]; an index that occurs twice stands for the diagonal and is not summed.
  ExprId component(ExprId a, std::vector<Index> indices);
  /// Tensor of these items along a new first axis.
  ExprId list(std::span<const ExprId> items);
  /// Tensor with axes `shape` in front of the items', which are in row-major order.
  ExprId stacked(std::vector<ExprId> items, const Shape& shape);
  /// Tensor with axes `labels`; the scalar itself if there are none.
  ExprId tensor(ExprId scalar, const std::vector<std::int32_t>& labels);
  ExprId choose(ExprId condition, ExprId a, ExprId b);

  /// Labels for each axis of `shape`, all new.
  std::vector<std::int32_t> labels_for(const Shape& shape);
  static std::vector<Index> free_indices(const std::vector<std::int32_t>& labels);
  /// `t` with its last axis fixed at k.
  ExprId last_fixed(ExprId t, int k);
  /// The first `count` axes of t moved behind the others, in order.
  ExprId rotate_axes(ExprId t, std::size_t count);

  /// The node over new operands, folded. `id` is the node's own.
  ExprId rebuilt(const Node& node, ExprId id, std::vector<ExprId> operands);

 private:
  ExprId make(Op op, std::vector<ExprId> operands, Shape shape);
  ExprId contracted_with_identity(Op op, ExprId a, ExprId b);

  ExprGraph& g_;
};

}  // namespace femsynth::fem

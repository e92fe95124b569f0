#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fem/language/value.hpp"

namespace femsynth::fem {

/// A call's argument and where it stands.
struct PassedValue {
  Value value;
  SourceLocation where;
};

/// The arguments of a call, bound to a builtin's parameters, with readers that refuse a wrong
/// kind at its place.
class CallArguments {
 public:
  CallArguments(Evaluator& evaluator, std::string callee, SourceLocation where)
      : evaluator_(evaluator), callee_(std::move(callee)), where_(where) {}

  /// Positional and keyword arguments to the parameters "a, b=, *rest, c=, **others".
  void bind(const char* parameters, std::vector<PassedValue> positional,
            std::vector<std::pair<std::string, PassedValue>> keywords);

  bool has(std::size_t k) const { return bound_[k].has_value(); }
  const Value& operator[](std::size_t k) const { return bound_[k]->value; }
  SourceLocation where(std::size_t k) const { return bound_[k]->where; }
  SourceLocation where() const { return where_; }
  const std::string& callee() const { return callee_; }
  /// What `*rest` takes.
  const std::vector<PassedValue>& rest() const { return rest_; }
  /// What `**others` takes.
  const std::vector<std::pair<std::string, PassedValue>>& other_keywords() const {
    return other_keywords_;
  }

  /// The k-th argument as an expression, an integer, ….
  ExprId expression(std::size_t k) const;
  std::int64_t integer(std::size_t k) const;
  std::string text(std::size_t k) const;
  bool flag(std::size_t k) const;
  /// Positive extents; an integer stands for a tuple of one.
  Shape shape(std::size_t k) const;

  /// Error at the k-th argument: "callee(): message".
  [[noreturn]] void fail(std::size_t k, const std::string& message) const;
  /// Error at the call.
  [[noreturn]] void fail(const std::string& message) const;
  /// Error at the k-th argument unless it was left out or is None.
  void refuse(std::size_t k, const char* what) const;

 private:
  Evaluator& evaluator_;
  std::string callee_;
  SourceLocation where_;
  std::vector<std::optional<PassedValue>> bound_;
  std::vector<PassedValue> rest_;
  std::vector<std::pair<std::string, PassedValue>> other_keywords_;
};

}  // namespace femsynth::fem

#include "fem/form/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/element_names.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Several function spaces at once, and the blocks of the forms on them.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

Value mixed_function_space(Evaluator& ev, Args& args) {
  if (args.rest().empty()) args.fail("no function spaces");
  if (args.rest().size() > static_cast<std::size_t>(limits::mixed_components)) {
    args.fail(fmt::format("more than {} function spaces", limits::mixed_components));
  }
  std::vector<SpaceValue> spaces;
  for (const auto& [value, where] : args.rest()) {
    const auto* space = value.get<SpaceValue>();
    if (space == nullptr) {
      throw ev.error(where, fmt::format("{}(): expected a function space but got {}", args.callee(),
                                        kind_of(value)));
    }
    ev.use_domain(space->domain, where);
    spaces.push_back(*space);
  }
  return {MixedSpaceValue{std::make_shared<const std::vector<SpaceValue>>(std::move(spaces))}};
}

/// The blocks of a form.
class Blocks {
 public:
  Blocks(Evaluator& ev, Args& args, const FormValue& form)
      : ev_(ev),
        args_(args),
        whole_(form),
        form_{{}, *form.integrals},
        arguments_(argument_nodes(ev.graph(), form_)),
        by_parts_(has_parts(ev.graph(), form_)),
        replace_argument_(!given(args, 3) || args.flag(3)) {
    if (!arguments_.empty()) rows_ = count(0);
    if (rank(ev.graph(), form_) > 1) columns_ = std::max(1, count(1));
    // Blocks of two functions with parts are as many each way, by the greatest part there is.
    if (by_parts_ && rows_ > 0 && columns_ > 0 && count(1) > 0) {
      rows_ = columns_ = std::max(rows_, columns_);
    }
  }

  /// Whether the form has test functions.
  bool has_arguments() const { return !arguments_.empty(); }
  /// Whether its test function is one of several spaces.
  bool is_divided() const { return rows_ > 0 || by_parts_; }
  bool is_bilinear() const { return columns_ > 0; }

  /// The place that the k-th argument of the call says.
  int index(std::size_t k) const {
    const std::int64_t value = args_.integer(k);
    const bool is_row = k == 1;
    const int count = is_row ? std::max(1, rows_) : columns_;
    const bool from_end = by_parts_ && value < 0 && value >= -count;  // as of a list
    if (value < count && (value >= 0 || from_end)) {
      return static_cast<int>(from_end ? value + count : value);
    }
    const char* what = !is_bilinear() ? "block" : is_row ? "row of blocks" : "column of blocks";
    args_.fail(k, fmt::format("{} is no {}: the form has {}", value, what, count));
  }

  /// One block; of MixedFunctionSpaces None if it has not the form's arguments, as in ufl.
  Value at(int row, int column) {
    Form block = this->block(row, column);
    if (by_parts_ && rank(ev_.graph(), block) != rank(ev_.graph(), form_)) return {None{}};
    return {FormValue{
        std::make_shared<const std::vector<Integral>>(std::move(block.integrals)),
        std::make_shared<const BlockOrigin>(BlockOrigin{whole_.integrals, place(row, column)})}};
  }

  Value row(int k) { return ev_.list(row_items(k), args_.where()); }

  Value all() {
    std::vector<Value> rows;
    for (int k = 0; k < std::max(1, rows_); ++k) {
      rows.push_back(is_bilinear() ? ev_.tuple(row_items(k), args_.where()) : item(k, 0));
    }
    return ev_.tuple(std::move(rows), args_.where());
  }

 private:
  const Argument& argument(ExprId id) const {
    const ExprGraph& g = ev_.graph();
    return g.arguments()[static_cast<std::size_t>(g[id].number)];
  }

  /// How many parts, or sub-elements, the test (0) or trial function (1) has.
  int count(int number) const {
    int blocks = 0;
    for (const ExprId id : arguments_) {
      const Argument& a = argument(id);
      if (a.number != number) continue;
      blocks = std::max(blocks, by_parts_ ? a.part.value_or(-1) + 1 : block_count(a.element));
    }
    return blocks;
  }

  Form block(int row, int column) {
    ExprGraph& g = ev_.graph();
    ev_.count_step(args_.where());
    if (!by_parts_) {
      for (const ExprId id : arguments_) {  // each component is put in place
        constexpr std::size_t components_a_step = 4;
        const int components = size_of(g[id].shape);
        ev_.count_step(args_.where(), static_cast<std::size_t>(components) / components_a_step);
      }
      count_walk(ev_, whole_, args_.where());
      return block_of_elements(g, form_, row, column, replace_argument_);
    }
    if (!has_part(0, row) || (is_bilinear() && !has_part(1, column))) return {};
    count_walk(ev_, whole_, args_.where());
    return block_of_parts(g, form_, row, column);
  }

  /// Whether the form reads that part of an argument; one without parts is all there is.
  bool has_part(int number, int part) const {
    return std::ranges::any_of(arguments_, [&](ExprId id) {
      const Argument& a = argument(id);
      return a.number == number && a.part.value_or(part) == part;
    });
  }

  /// A block among others: None if it is zero.
  Value item(int row, int column) {
    Value block = at(row, column);
    const auto* form = block.get<FormValue>();
    return form != nullptr && form->integrals->empty() ? Value{None{}} : block;
  }

  std::vector<Value> row_items(int k) {
    std::vector<Value> blocks;
    for (int j = 0; j < columns_; ++j) blocks.push_back(item(k, j));
    return blocks;
  }

  std::string place(int row, int column) const {
    if (!is_bilinear()) return fmt::format("{}", row);
    const bool is_short = rows_ <= 10 && columns_ <= 10;
    return fmt::format("{}{}{}", row, is_short ? "" : "_", column);
  }

  Evaluator& ev_;
  Args& args_;
  const FormValue& whole_;
  Form form_;
  std::vector<ExprId> arguments_;
  bool by_parts_;  ///< the arguments are parts of a MixedFunctionSpace; else on mixed elements
  bool replace_argument_;
  int rows_ = 0;     ///< 0: the test function is on one space
  int columns_ = 0;  ///< 0: there is no trial function
};

Value extract_blocks(Evaluator& ev, Args& args) {
  const auto* form = args[0].get<FormValue>();
  if (form == nullptr) args.fail(0, fmt::format("expected a form but got {}", kind_of(args[0])));
  if (given(args, 2) && !given(args, 1)) args.fail(2, "a column j without a row i");
  count_walk(ev, *form, args.where(0));
  Blocks blocks(ev, args, *form);
  if (!blocks.has_arguments()) return ev.tuple({args[0]}, args.where());
  if (!given(args, 1)) return blocks.is_divided() ? blocks.all() : args[0];
  const int row = blocks.index(1);
  if (!blocks.is_bilinear()) return blocks.at(row, 0);
  return given(args, 2) ? blocks.at(row, blocks.index(2)) : blocks.row(row);
}

constexpr Builtin table[] = {
    {"MixedFunctionSpace", "*function_spaces", mixed_function_space},
    {"extract_blocks", "form, i=, j=, replace_argument=", extract_blocks},
};

}  // namespace

std::span<const Builtin> block_builtins() { return table; }

}  // namespace femsynth::fem

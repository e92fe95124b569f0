#include "synth/lower/kernels.hpp"

#include <fmt/format.h>

#include <functional>

#include "synth/kernel/build.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Collects parameters with their roles.
class ParameterList {
 public:
  explicit ParameterList(Kernel& kernel) : kernel_(kernel) {}
  void scalar(const std::string& name, ParameterRole role) {
    kernel_.function.parameters.push_back({name, ValueType::integer, false, false, {}});
    kernel_.parameters.push_back({role, 0});
  }
  void pointer(const std::string& name, ValueType type, ParameterRole role, std::int32_t number = 0,
               bool output = false) {
    kernel_.function.parameters.push_back({name, type, true, output, {}});
    kernel_.parameters.push_back({role, number});
  }

 private:
  Kernel& kernel_;
};

/// stride·row + column.
Expression flat(Expression row, int stride, Expression column) {
  return add(multiply(std::move(row), integer(stride)), std::move(column));
}

/// A scalar as it lies in memory: the number itself, or both parts of a complex one.
struct ScalarLayout {
  int parts = 1;

  /// Its part in global memory, where `place` counts scalars.
  Expression in_memory(const std::string& name, Expression place, int part) const {
    return at(name, {flat(std::move(place), parts, integer(part))});
  }
  /// Its part in a local array with a last axis for the parts.
  Expression in_array(const std::string& name, std::vector<Expression> indices, int part) const {
    if (parts > 1) indices.push_back(integer(part));
    return at(name, std::move(indices));
  }
  std::vector<int> dims(std::vector<int> extents) const {
    if (parts > 1) extents.push_back(parts);
    return extents;
  }
  /// What is made for each part.
  Statements each(const std::function<Statement(int part)>& make) const {
    Statements out;
    for (int part = 0; part < parts; ++part) out.push_back(make(part));
    return out;
  }
};

/// Halves of a block added pairwise in shared memory; the sum ends in `sums[0]`.
Statements tree_reduction(int block_size, const ScalarLayout& layout) {
  Statements out{barrier()};
  const Expression thread = builtin(Builtin::local_thread);
  for (int stride = block_size / 2; stride > 0; stride /= 2) {
    out.push_back(
        branch(binary(ExpressionKind::less, thread, integer(stride)), layout.each([&](int part) {
          return accumulate(layout.in_array("sums", {thread}, part),
                            layout.in_array("sums", {add(thread, integer(stride))}, part));
        })));
    out.push_back(barrier());
  }
  return out;
}

Expression first_thread() {
  return binary(ExpressionKind::equal, builtin(Builtin::local_thread), integer(0));
}

/// Builds the kernel of one integral.
class KernelBuilder {
 public:
  KernelBuilder(const IntegralContext& context, const ElementFunction& element, bool subdomains)
      : context_(context), element_(element), layout_{context.parts()}, subdomains_(subdomains) {}

  Kernel build();

 private:
  bool reduces() const { return context_.strategy == Strategy::reduction && !context_.expression; }
  bool by_element() const { return context_.strategy == Strategy::element || context_.expression; }
  /// Are the entities' cells listed?
  bool listed() const { return subdomains_ || !context_.sides[0].place.empty(); }
  static std::string cell_of(const Side& side) { return "cell" + side.ending; }

  void add_parameters(Kernel& kernel) const;
  void add_entity_parameters(ParameterList& list) const;
  void add_scatter_parameters(ParameterList& list) const;
  Statements gather() const;
  Statements entity() const;
  Statements coordinates(const Side& side) const;
  Statements gather_function(const std::string& local, const std::string& source,
                             const FunctionSpace& space, const CoefficientCopy& copy) const;
  Statements compute_and_scatter() const;
  Statements scatter() const;
  Statements scatter_matrix() const;
  Statements store_matrix(int width, const Expression& column) const;
  Statements scatter_vector() const;
  Statements tabulate() const;
  std::string describe() const;

  const IntegralContext& context_;
  const ElementFunction& element_;
  ScalarLayout layout_;
  bool subdomains_;
};

void KernelBuilder::add_entity_parameters(ParameterList& list) const {
  if (listed()) list.pointer("entity_cells", ValueType::integer, ParameterRole::entity_cells);
  if (!context_.sides[0].place.empty()) {
    list.pointer("entity_facets", ValueType::integer, ParameterRole::entity_facets);
  }
  if (!context_.points.partners.empty()) {
    list.pointer("entity_permutations", ValueType::integer, ParameterRole::entity_permutations);
  }
  if (context_.oriented) {
    list.pointer("cell_orientations", ValueType::integer, ParameterRole::cell_orientations);
  }
}

void KernelBuilder::add_scatter_parameters(ParameterList& list) const {
  if (by_element() || reduces()) return;
  if (context_.has_matrix()) {
    list.pointer(
        "positions", ValueType::integer,
        context_.interior() ? ParameterRole::interior_positions : ParameterRole::positions);
  } else {
    list.pointer("test_nodes", ValueType::integer, ParameterRole::test_nodes);
  }
  if (context_.strategy == Strategy::matrix_free) {
    list.pointer("trial_nodes", ValueType::integer, ParameterRole::trial_nodes);
    list.pointer("input", ValueType::real, ParameterRole::input_vector);
  }
}

void KernelBuilder::add_parameters(Kernel& kernel) const {
  ParameterList list(kernel);
  list.scalar("count", ParameterRole::entity_count);
  if (reduces()) list.scalar("first_partial", ParameterRole::output_offset);
  list.pointer(reduces() ? "partials" : "result", ValueType::real, ParameterRole::output, 0, true);
  list.pointer("coordinates", ValueType::real, ParameterRole::coordinates);
  list.pointer("cell_vertices", ValueType::integer, ParameterRole::cell_vertices);
  add_entity_parameters(list);
  add_scatter_parameters(list);
  for (const CoefficientUse& use : context_.coefficients) {
    list.pointer(use.name + "_dofs", ValueType::real, ParameterRole::coefficient, use.number);
    list.pointer(use.name + "_nodes", ValueType::integer, ParameterRole::coefficient_nodes,
                 use.number);
  }
  if (!context_.constants.empty()) {
    list.pointer("constants", ValueType::real, ParameterRole::constants);
  }
}

/// local[i] = the dofs of a function in the cell of that side: `source`_dofs by `source`_nodes.
Statements KernelBuilder::gather_function(const std::string& local, const std::string& source,
                                          const FunctionSpace& space,
                                          const CoefficientCopy& copy) const {
  const bool input = source.empty();
  const int block = space.map_block();
  const std::string cell = cell_of(context_.sides[static_cast<std::size_t>(copy.side)]);
  Statements inner{let(ValueType::integer, "node",
                       at(input ? "trial_nodes" : source + "_nodes",
                          {flat(var(cell), space.map_nodes(), var("i"))}))};
  for (int c = 0; c < block; ++c) {
    inner.push_back(
        assign(at(local, {flat(var("i"), block, integer(c))}),
               layout_.in_memory(input ? "input" : source + "_dofs",
                                 flat(var("node"), block, integer(c)), copy.imaginary ? 1 : 0)));
  }
  return {array(local, {space.dofs}),
          loop("i", integer(0), integer(space.map_nodes()), std::move(inner))};
}

/// The entity's cells, facets, orientations and permutation.
Statements KernelBuilder::entity() const {
  Statements out;
  const int sides = static_cast<int>(context_.sides.size());
  const auto entry = [&](const char* list, int side) {
    return at(list, {flat(var("entity"), sides, integer(side))});
  };
  for (const Side& side : context_.sides) {
    out.push_back(let(ValueType::integer, cell_of(side),
                      listed() ? entry("entity_cells", side.number) : var("entity")));
  }
  for (const Side& side : context_.sides) {
    if (side.place.empty()) continue;
    out.push_back(let(ValueType::integer, side.place, entry("entity_facets", side.number)));
  }
  for (const Side& side : context_.sides) {
    if (!context_.oriented) continue;
    out.push_back(let(ValueType::integer, "orientation" + side.ending,
                      at("cell_orientations", {var(cell_of(side))})));
  }
  if (!context_.points.partners.empty()) {
    out.push_back(
        let(ValueType::integer, "permutation", at("entity_permutations", {var("entity")})));
  }
  return out;
}

Statements KernelBuilder::coordinates(const Side& side) const {
  const int nodes = context_.geometry_nodes();
  const std::string X = "X" + side.ending;
  Statements out{array(X, {nodes, context_.dim},
                       context_.domain.degree == 1 ? "coordinates of the cell's vertices"
                                                   : "coordinates of the cell's geometry nodes")};
  Statements inner{let(ValueType::integer, "vertex",
                       at("cell_vertices", {flat(var(cell_of(side)), nodes, var("v"))}))};
  for (int k = 0; k < context_.dim; ++k) {
    inner.push_back(assign(at(X, {var("v"), integer(k)}),
                           at("coordinates", {flat(var("vertex"), context_.dim, integer(k))})));
  }
  out.push_back(loop("v", integer(0), integer(nodes), std::move(inner)));
  return out;
}

Statements KernelBuilder::gather() const {
  Statements out = entity();
  for (const Side& side : context_.sides) append(out, coordinates(side));
  for (const CoefficientUse& use : context_.coefficients) {
    for (const CoefficientCopy& copy : use.copies) {
      append(out, gather_function(local_array(point_function(context_, use, copy).name), use.name,
                                  use.space, copy));
    }
  }
  if (context_.rank == 2 && context_.strategy == Strategy::matrix_free) {
    for (const Side& side : context_.sides) {
      for (int part = 0; part < context_.parts(); ++part) {
        const CoefficientCopy copy{side.number, part == 1};
        append(out, gather_function(
                        local_array(input_function(context_, copy.side, copy.imaginary).name), "",
                        context_.arguments[1], copy));
      }
    }
  }
  return out;
}

/// Rows of A whose columns are `column` + k for k < width.
Statements KernelBuilder::store_matrix(int width, const Expression& column) const {
  const bool element = by_element();
  // A macro element's positions are listed by facet, others by cell.
  const Expression owner = element || context_.interior() ? var("entity") : var("cell");
  const Expression place = flat(flat(owner, context_.test_dofs(), var("i")), context_.trial_dofs(),
                                add(column, var("k")));
  Statements stores = layout_.each([&](int part) {
    const Expression value = layout_.in_array("A", {var("i"), var("k")}, part);
    return element ? assign(layout_.in_memory("result", place, part), value)
                   : atomic_add(layout_.in_memory("result", at("positions", {place}), part), value);
  });
  return {loop("i", integer(0), integer(context_.test_dofs()),
               {loop("k", integer(0), integer(width), std::move(stores))})};
}

Statements KernelBuilder::scatter_matrix() const {
  if (!context_.by_columns) return store_matrix(context_.trial_dofs(), integer(0));
  Statements out;
  const std::vector<StripLayout> strips = strips_of(context_, 1);
  for (const StripLayout& strip : strips) {
    const Expression node = subtract(var("column"), integer(strip.first_node));
    const Expression column = add(integer(strip.first_dof), multiply(integer(strip.block), node));
    Statements stores = store_matrix(strip.block, column);
    if (strips.size() == 1) return stores;
    const Expression begins =
        binary(ExpressionKind::greater_equal, var("column"), integer(strip.first_node));
    const Expression ends =
        binary(ExpressionKind::less, var("column"), integer(strip.first_node + strip.nodes));
    out.push_back(branch(binary(ExpressionKind::logical_and, begins, ends), std::move(stores)));
  }
  return out;
}

Statements KernelBuilder::scatter_vector() const {
  const int m = context_.test_dofs();
  if (by_element()) {
    return {loop("i", integer(0), integer(m), layout_.each([&](int part) {
      return assign(layout_.in_memory("result", flat(var("entity"), m, var("i")), part),
                    layout_.in_array("b", {var("i")}, part));
    }))};
  }
  const FunctionSpace& space = context_.arguments[0];
  const int block = space.map_block();
  const int nodes = space.map_nodes();
  Statements out;
  for (const Side& side : context_.sides) {
    Statements inner{let(ValueType::integer, "node",
                         at("test_nodes", {flat(var(cell_of(side)), nodes, var("i"))}))};
    for (int c = 0; c < block; ++c) {
      const Expression own =
          add(integer(side.number * space.dofs), flat(var("i"), block, integer(c)));
      append(inner, layout_.each([&](int part) {
        return atomic_add(layout_.in_memory("result", flat(var("node"), block, integer(c)), part),
                          layout_.in_array("b", {own}, part));
      }));
    }
    out.push_back(loop("i", integer(0), integer(nodes), std::move(inner)));
  }
  return out;
}

Statements KernelBuilder::scatter() const {
  if (context_.has_matrix()) return scatter_matrix();
  if (context_.rank > 0) return scatter_vector();
  return layout_.each([&](int part) {
    const Expression value = layout_.in_array("M", {integer(0)}, part);
    return reduces()
               ? assign(layout_.in_array("sums", {builtin(Builtin::local_thread)}, part), value)
               : assign(layout_.in_memory("result", var("entity"), part), value);
  });
}

/// result[cell][point][component][dof] of an expression.
Statements KernelBuilder::tabulate() const {
  const int points = static_cast<int>(context_.points.count);
  const int components = static_cast<int>(context_.real.size());
  const Expression point = flat(flat(var("entity"), points, var("q")), components, var("i"));
  Statements stores = layout_.each([&](int part) {
    if (context_.rank == 0) {
      return assign(layout_.in_memory("result", point, part),
                    layout_.in_array("E", {var("i")}, part));
    }
    return assign(layout_.in_memory("result", flat(point, context_.test_dofs(), var("k")), part),
                  layout_.in_array("E", {var("i"), var("k")}, part));
  });
  if (context_.rank == 1) {
    stores = {loop("k", integer(0), integer(context_.test_dofs()), std::move(stores))};
  }
  Statements body{invoke(element_.function.name, element_.arguments)};
  body.push_back(loop("i", integer(0), integer(components), std::move(stores)));
  return {array(element_.output, element_.output_dims),
          loop("q", integer(0), integer(points), std::move(body))};
}

Statements KernelBuilder::compute_and_scatter() const {
  if (context_.expression) return tabulate();
  Statements out{array(element_.output, element_.output_dims)};
  Statements body{invoke(element_.function.name, element_.arguments)};
  append(body, scatter());
  if (context_.by_columns) {
    int nodes = 0;
    for (const StripLayout& strip : strips_of(context_, 1)) nodes += strip.nodes;
    append(out, element_.workspace);
    if (element_.preparation) {
      out.push_back(invoke(element_.preparation->name, element_.preparation_arguments));
    }
    out.push_back(loop("column", integer(0), integer(nodes), std::move(body)));
  } else {
    append(out, std::move(body));
  }
  return out;
}

std::string KernelBuilder::describe() const {
  const char* entity = "a cell";
  switch (context_.points.kind) {
    case fem::IntegralKind::cell:
      break;
    case fem::IntegralKind::exterior_facet:
      entity = "an exterior facet";
      break;
    case fem::IntegralKind::interior_facet:
      entity = "an interior facet";
      break;
    case fem::IntegralKind::vertex:
      entity = "a vertex";
  }
  if (context_.expression) {
    return "One thread a cell: values at all points go to result[cell][point][component]" +
           std::string(context_.rank == 1 ? "[dof]." : ".");
  }
  switch (context_.strategy) {
    case Strategy::element:
      return fmt::format("One thread {}: its element tensor goes to result[entity].", entity);
    case Strategy::atomic:
      return fmt::format("One thread {}: adds its element {} to the global one.", entity,
                         context_.rank == 2 ? "matrix" : "vector");
    case Strategy::matrix_free:
      return fmt::format("One thread {}: adds its part of y = A x to result.", entity);
    case Strategy::reduction:
      return fmt::format(
          "One thread {}: each block adds up its values in shared memory, in a fixed order.",
          entity);
  }
  throw InternalError("unknown strategy");
}

Kernel KernelBuilder::build() {
  Kernel kernel;
  Function& f = kernel.function;
  f.name = fmt::format("{}_{}", context_.form_name, context_.suffix);
  f.kernel = true;
  f.block_size = context_.block_size;
  add_parameters(kernel);
  f.comment = describe();
  f.body.push_back(let(ValueType::integer, "entity", builtin(Builtin::thread)));
  const Expression thread = builtin(Builtin::local_thread);
  if (reduces()) {
    f.body.push_back(shared_array("sums", layout_.dims({context_.block_size})));
    append(f.body, layout_.each([&](int part) {
      return assign(layout_.in_array("sums", {thread}, part), real(0));
    }));
  }
  Statements inner = gather();
  append(inner, compute_and_scatter());
  f.body.push_back(
      branch(binary(ExpressionKind::less, var("entity"), var("count")), std::move(inner)));
  if (reduces()) {
    append(f.body, tree_reduction(context_.block_size, layout_));
    f.body.push_back(branch(first_thread(), layout_.each([&](int part) {
      return assign(
          layout_.in_memory("partials", add(var("first_partial"), builtin(Builtin::block)), part),
          layout_.in_array("sums", {integer(0)}, part));
    })));
  }
  return kernel;
}

}  // namespace

Kernel make_integral_kernel(const IntegralContext& context, const ElementFunction& element,
                            bool subdomains) {
  return KernelBuilder(context, element, subdomains).build();
}

Kernel make_fill_kernel(const std::string& form_name, int block_size, bool complex) {
  Kernel kernel;
  kernel.function.name = form_name + "_zero";
  kernel.function.kernel = true;
  kernel.function.block_size = block_size;
  kernel.function.comment = "Clears the output, to which the other kernels add.";
  ParameterList list(kernel);
  list.scalar("count", ParameterRole::value_count);
  list.pointer("result", ValueType::real, ParameterRole::output, 0, true);
  const ScalarLayout layout{complex ? 2 : 1};
  kernel.function.body = {
      let(ValueType::integer, "entity", builtin(Builtin::thread)),
      branch(binary(ExpressionKind::less, var("entity"), var("count")), layout.each([&](int part) {
        return assign(layout.in_memory("result", var("entity"), part), real(0));
      }))};
  return kernel;
}

Kernel make_finish_kernel(const std::string& form_name, int block_size, bool complex) {
  Kernel kernel;
  kernel.function.name = form_name + "_sum";
  kernel.function.kernel = true;
  kernel.function.block_size = block_size;
  kernel.function.comment = "Adds up the partial sums with one block, in a fixed order.";
  ParameterList list(kernel);
  list.scalar("count", ParameterRole::value_count);
  list.pointer("partials", ValueType::real, ParameterRole::partial_sums);
  list.pointer("result", ValueType::real, ParameterRole::output, 0, true);
  const ScalarLayout layout{complex ? 2 : 1};
  Statements& body = kernel.function.body;
  const Expression thread = builtin(Builtin::local_thread);
  body.push_back(shared_array("sums", layout.dims({block_size})));
  append(body, layout.each([&](int part) {
    return assign(layout.in_array("sums", {thread}, part), real(0));
  }));
  // Thread t adds partial sums t, t + B, t + 2B, …
  const Expression rounds = divide(add(var("count"), integer(block_size - 1)), integer(block_size));
  body.push_back(loop(
      "k", integer(0), rounds,
      {let(ValueType::integer, "place", add(multiply(integer(block_size), var("k")), thread)),
       branch(binary(ExpressionKind::less, var("place"), var("count")), layout.each([&](int part) {
         return accumulate(layout.in_array("sums", {thread}, part),
                           layout.in_memory("partials", var("place"), part));
       }))}));
  append(body, tree_reduction(block_size, layout));
  body.push_back(branch(first_thread(), layout.each([&](int part) {
    return assign(layout.in_memory("result", integer(0), part),
                  layout.in_array("sums", {integer(0)}, part));
  })));
  return kernel;
}

}  // namespace femsynth::synth

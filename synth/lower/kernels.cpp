#include "synth/lower/kernels.hpp"

#include <fmt/format.h>

#include "synth/kernel/build.hpp"
#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

void append(Statements& out, Statements more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

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

/// Halves of a block added pairwise in shared memory; the sum ends in `sums[0]`.
Statements tree_reduction(int block_size) {
  Statements out{barrier()};
  for (int stride = block_size / 2; stride > 0; stride /= 2) {
    out.push_back(
        branch(binary(ExpressionKind::less, builtin(Builtin::local_thread), integer(stride)),
               {accumulate(at("sums", {builtin(Builtin::local_thread)}),
                           at("sums", {add(builtin(Builtin::local_thread), integer(stride))}))}));
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
      : context_(context), element_(element), subdomains_(subdomains) {}

  Kernel build();

 private:
  bool reduces() const { return context_.strategy == Strategy::reduction; }
  void add_parameters(Kernel& kernel) const;
  void add_scatter_parameters(ParameterList& list) const;
  Statements gather() const;
  Statements gather_function(const std::string& local, const std::string& values,
                             const std::string& nodes, int nodes_per_cell, int block) const;
  Statements compute_and_scatter() const;
  Statements scatter() const;

  const IntegralContext& context_;
  const ElementFunction& element_;
  bool subdomains_;
};

void KernelBuilder::add_scatter_parameters(ParameterList& list) const {
  if (context_.strategy == Strategy::element || context_.strategy == Strategy::reduction) return;
  if (context_.has_matrix()) {
    list.pointer("positions", ValueType::integer, ParameterRole::positions);
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
  if (subdomains_ || context_.facets) {
    list.pointer("entity_cells", ValueType::integer, ParameterRole::entity_cells);
  }
  if (context_.facets) {
    list.pointer("entity_facets", ValueType::integer, ParameterRole::entity_facets);
  }
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

Statements KernelBuilder::gather_function(const std::string& local, const std::string& values,
                                          const std::string& nodes, int nodes_per_cell,
                                          int block) const {
  Statements inner{
      let(ValueType::integer, "node", at(nodes, {flat(var("cell"), nodes_per_cell, var("i"))}))};
  for (int c = 0; c < block; ++c) {
    inner.push_back(assign(at(local, {flat(var("i"), block, integer(c))}),
                           at(values, {flat(var("node"), block, integer(c))})));
  }
  return {array(local, {nodes_per_cell * block}),
          loop("i", integer(0), integer(nodes_per_cell), std::move(inner))};
}

Statements KernelBuilder::gather() const {
  Statements out;
  const bool listed = subdomains_ || context_.facets;
  out.push_back(let(ValueType::integer, "cell",
                    listed ? at("entity_cells", {var("entity")}) : var("entity")));
  if (context_.facets) {
    out.push_back(let(ValueType::integer, "facet", at("entity_facets", {var("entity")})));
  }
  const int vertices = meshes::vertex_count(context_.cell);
  out.push_back(array("X", {vertices, context_.dim}, "coordinates of the cell's vertices"));
  Statements inner{let(ValueType::integer, "vertex",
                       at("cell_vertices", {flat(var("cell"), vertices, var("v"))}))};
  for (int k = 0; k < context_.dim; ++k) {
    inner.push_back(assign(at("X", {var("v"), integer(k)}),
                           at("coordinates", {flat(var("vertex"), context_.dim, integer(k))})));
  }
  out.push_back(loop("v", integer(0), integer(vertices), std::move(inner)));
  for (std::size_t k = 0; k < context_.coefficients.size(); ++k) {
    const CoefficientUse& use = context_.coefficients[k];
    append(out, gather_function(local_array(use.name), use.name + "_dofs", use.name + "_nodes",
                                context_.coefficient_basis[k].nodes, use.element.block_size()));
  }
  if (context_.strategy == Strategy::matrix_free) {
    append(out, gather_function("u_local", "input", "trial_nodes", context_.argument_basis[1].nodes,
                                context_.block(1)));
  }
  return out;
}

Statements KernelBuilder::scatter() const {
  const int m = context_.test_dofs();
  const int n = context_.trial_dofs();
  if (context_.rank == 0) {
    if (reduces())
      return {assign(at("sums", {builtin(Builtin::local_thread)}), at("M", {integer(0)}))};
    return {assign(at("result", {var("entity")}), at("M", {integer(0)}))};
  }
  if (context_.has_matrix()) {
    const bool columns = context_.by_columns;
    const int width = columns ? context_.block(1) : n;
    Expression column = columns ? add(multiply(integer(width), var("column")), var("k")) : var("k");
    const bool element = context_.strategy == Strategy::element;
    const Expression owner = element ? var("entity") : var("cell");
    const Expression place = flat(flat(owner, m, var("i")), n, std::move(column));
    const Expression value = at("A", {var("i"), var("k")});
    Statement store = element ? assign(at("result", {place}), value)
                              : atomic_add(at("result", {at("positions", {place})}), value);
    return {loop("i", integer(0), integer(m),
                 {loop("k", integer(0), integer(width), {std::move(store)})})};
  }
  if (context_.strategy == Strategy::element) {
    return {loop("i", integer(0), integer(m),
                 {assign(at("result", {flat(var("entity"), m, var("i"))}), at("b", {var("i")}))})};
  }
  const int block = context_.block(0);
  const int nodes = context_.argument_basis[0].nodes;
  Statements inner{
      let(ValueType::integer, "node", at("test_nodes", {flat(var("cell"), nodes, var("i"))}))};
  for (int c = 0; c < block; ++c) {
    inner.push_back(atomic_add(at("result", {flat(var("node"), block, integer(c))}),
                               at("b", {flat(var("i"), block, integer(c))})));
  }
  return {loop("i", integer(0), integer(nodes), std::move(inner))};
}

Statements KernelBuilder::compute_and_scatter() const {
  Statements out{array(element_.output, element_.output_dims)};
  Statements body{invoke(element_.function.name, element_.arguments)};
  append(body, scatter());
  if (context_.by_columns) {
    out.push_back(
        loop("column", integer(0), integer(context_.argument_basis[1].nodes), std::move(body)));
  } else {
    append(out, std::move(body));
  }
  return out;
}

Kernel KernelBuilder::build() {
  Kernel kernel;
  Function& f = kernel.function;
  f.name = fmt::format("{}_{}", context_.form_name, context_.suffix);
  f.kernel = true;
  f.block_size = context_.block_size;
  add_parameters(kernel);
  const char* entity = context_.facets ? "exterior facet" : "cell";
  switch (context_.strategy) {
    case Strategy::element:
      f.comment = fmt::format("One thread a{} {}: its element tensor goes to result[entity].",
                              context_.facets ? "n" : "", entity);
      break;
    case Strategy::atomic:
      f.comment =
          fmt::format("One thread a{} {}: adds its element {} to the global one.",
                      context_.facets ? "n" : "", entity, context_.rank == 2 ? "matrix" : "vector");
      break;
    case Strategy::matrix_free:
      f.comment = fmt::format("One thread a{} {}: adds its part of y = A x to result.",
                              context_.facets ? "n" : "", entity);
      break;
    case Strategy::reduction:
      f.comment = fmt::format(
          "One thread a{} {}: each block adds up its values in shared memory, in a fixed order.",
          context_.facets ? "n" : "", entity);
  }
  f.body.push_back(let(ValueType::integer, "entity", builtin(Builtin::thread)));
  if (reduces()) {
    f.body.push_back(shared_array("sums", {context_.block_size}));
    f.body.push_back(assign(at("sums", {builtin(Builtin::local_thread)}), real(0)));
  }
  Statements inner = gather();
  append(inner, compute_and_scatter());
  f.body.push_back(
      branch(binary(ExpressionKind::less, var("entity"), var("count")), std::move(inner)));
  if (reduces()) {
    append(f.body, tree_reduction(context_.block_size));
    f.body.push_back(
        branch(first_thread(),
               {assign(at("partials", {add(var("first_partial"), builtin(Builtin::block))}),
                       at("sums", {integer(0)}))}));
  }
  return kernel;
}

}  // namespace

Kernel make_integral_kernel(const IntegralContext& context, const ElementFunction& element,
                            bool subdomains) {
  return KernelBuilder(context, element, subdomains).build();
}

Kernel make_fill_kernel(const std::string& form_name, int block_size) {
  Kernel kernel;
  kernel.function.name = form_name + "_zero";
  kernel.function.kernel = true;
  kernel.function.block_size = block_size;
  kernel.function.comment = "Clears the output, to which the other kernels add.";
  ParameterList list(kernel);
  list.scalar("count", ParameterRole::value_count);
  list.pointer("result", ValueType::real, ParameterRole::output, 0, true);
  kernel.function.body = {let(ValueType::integer, "entity", builtin(Builtin::thread)),
                          branch(binary(ExpressionKind::less, var("entity"), var("count")),
                                 {assign(at("result", {var("entity")}), real(0))})};
  return kernel;
}

Kernel make_finish_kernel(const std::string& form_name, int block_size) {
  Kernel kernel;
  kernel.function.name = form_name + "_sum";
  kernel.function.kernel = true;
  kernel.function.block_size = block_size;
  kernel.function.comment = "Adds up the partial sums with one block, in a fixed order.";
  ParameterList list(kernel);
  list.scalar("count", ParameterRole::value_count);
  list.pointer("partials", ValueType::real, ParameterRole::partial_sums);
  list.pointer("result", ValueType::real, ParameterRole::output, 0, true);
  Statements& body = kernel.function.body;
  const Expression thread = builtin(Builtin::local_thread);
  body.push_back(shared_array("sums", {block_size}));
  body.push_back(assign(at("sums", {thread}), real(0)));
  // Thread t adds partial sums t, t + B, t + 2B, …
  const Expression rounds = divide(add(var("count"), integer(block_size - 1)), integer(block_size));
  body.push_back(
      loop("k", integer(0), rounds,
           {let(ValueType::integer, "place", add(multiply(integer(block_size), var("k")), thread)),
            branch(binary(ExpressionKind::less, var("place"), var("count")),
                   {accumulate(at("sums", {thread}), at("partials", {var("place")}))})}));
  append(body, tree_reduction(block_size));
  body.push_back(
      branch(first_thread(), {assign(at("result", {integer(0)}), at("sums", {integer(0)}))}));
  return kernel;
}

}  // namespace femsynth::synth

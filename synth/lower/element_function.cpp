#include "synth/lower/element_function.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "meshes/topology.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/basis_functions.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/geometric_quantities.hpp"
#include "synth/lower/quantity_names.hpp"
#include "synth/lower/reference_tensor.hpp"
#include "synth/lower/tensor_jets.hpp"
#include "synth/lower/tensor_product.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

std::string local_array(const std::string& function) { return function + "_local"; }

namespace {

GeometryNeeds needs_of(const IntegralContext& context, const IntegrandFunction& integrand,
                       Method method, const Side& side) {
  GeometryNeeds needs;
  if (method == Method::sum_factorisation) {
    add_argument_needs(context, with_divergences_and_curls(context, integrand.terms), needs);
  } else {
    for (const FunctionSpace& space : context.arguments) {
      for (const SubSpace& part : space.parts) needs.add(part, context.affine);
    }
  }
  for (const CoefficientUse& use : context.coefficients) {
    for (const SubSpace& part : use.space.parts) needs.add(part, context.affine);
  }
  add_needs(context, side, needs);
  return needs;
}

std::vector<Geometry> geometries_of(const IntegralContext& context,
                                    const IntegrandFunction& integrand, Method method,
                                    TableSet& tables) {
  std::vector<Geometry> result;
  for (const Side& side : context.sides) {
    result.emplace_back(context, tables, needs_of(context, integrand, method, side), side);
  }
  return result;
}

/// Builds one element function.
class ElementBuilder {
 public:
  ElementBuilder(const IntegralContext& context, const IntegrandFunction& integrand,
                 TableSet& tables, Method method)
      : context_(context),
        integrand_(integrand),
        tables_(tables),
        method_(method),
        geometries_(geometries_of(context, integrand, method, tables)),
        basis_(context, geometries_) {
    for (const Geometry& geometry : geometries_) {
      quantities_.emplace_back(context, tables, geometry);
    }
  }

  ElementFunction build();

 private:
  void add_parameters(ElementFunction& f) const;
  void add_output(ElementFunction& f) const;
  Statements hoisted(bool of_cell) const;
  Statements zero_output(const ElementFunction& f) const;
  Statements before_points() const;
  Statements contracted();
  void sum_factorise(ElementFunction& f);
  void prepare(ElementFunction& f, TensorStatements parts);
  Statements over_points() const;
  Statements at_point() const;
  Statements other_point() const;
  Statements functions(const PointFunction& function, int side) const;
  std::string describe(const char* what) const;

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  TableSet& tables_;
  Method method_;
  std::vector<Geometry> geometries_;
  BasisFunctions basis_;
  std::vector<GeometricQuantities> quantities_;
};

void ElementBuilder::add_parameters(ElementFunction& f) const {
  const auto pass = [&](const std::string& name, ValueType type, std::vector<int> dims,
                        bool pointer = false) {
    f.arguments.push_back(var(name));
    f.function.parameters.push_back({name, type, pointer, false, std::move(dims)});
  };
  const ValueType r = ValueType::real;
  const ValueType n = ValueType::integer;
  for (const Side& side : context_.sides) {
    pass("X" + side.ending, r, {context_.geometry_nodes(), context_.dim});
  }
  for (const Side& side : context_.sides) {
    if (!side.place.empty()) pass(side.place, n, {});
  }
  for (const Side& side : context_.sides) {
    if (context_.oriented) pass("orientation" + side.ending, n, {});
  }
  if (!context_.points.partners.empty()) pass("permutation", n, {});
  if (!context_.constants.empty()) pass("constants", r, {}, true);
  for (const CoefficientUse& use : context_.coefficients) {
    for (const CoefficientCopy& copy : use.copies) {
      pass(local_array(point_function(context_, use, copy).name), r, {use.space.dofs});
    }
  }
  if (context_.rank == 2 && context_.strategy == Strategy::matrix_free) {
    for (const Side& side : context_.sides) {
      for (int part = 0; part < context_.parts(); ++part) {
        pass(local_array(input_function(context_, side.number, part == 1).name), r,
             {context_.arguments[1].dofs});
      }
    }
  }
  if (context_.by_columns) pass("column", n, {});
  if (context_.expression) pass("q", n, {});
}

void ElementBuilder::add_output(ElementFunction& f) const {
  f.output = context_.expression     ? "E"
             : context_.rank == 0    ? "M"
             : context_.has_matrix() ? "A"
                                     : "b";
  if (context_.expression) {
    f.output_dims.push_back(static_cast<int>(context_.real.size()));
    if (context_.rank == 1) f.output_dims.push_back(context_.test_dofs());
  } else {
    f.output_dims.push_back(context_.test_dofs());
  }
  if (context_.has_matrix()) {
    int width = context_.trial_dofs();
    if (context_.by_columns) {
      width = 0;
      for (const StripLayout& strip : strips_of(context_, 1)) width = std::max(width, strip.block);
    }
    f.output_dims.push_back(width);
  }
  if (context_.complex) f.output_dims.push_back(2);
  f.arguments.push_back(var(f.output));
  f.function.parameters.push_back({f.output, ValueType::real, false, true, f.output_dims});
}

Statements ElementBuilder::hoisted(bool of_cell) const {
  Statements out;
  for (const HoistedValue& value : integrand_.hoisted) {
    if (value.of_cell == of_cell) out.push_back(let(ValueType::real, value.name, value.value));
  }
  return out;
}

/// output = 0: a loop for each axis, but none for the pair of a complex number.
Statements ElementBuilder::zero_output(const ElementFunction& f) const {
  constexpr const char* variables[] = {"i", "k", "l"};
  std::vector<int> dims = f.output_dims;
  if (context_.complex) dims.pop_back();
  std::vector<Expression> indices;
  for (std::size_t k = 0; k < dims.size(); ++k) indices.push_back(var(variables[k]));
  Statements out;
  if (context_.complex) {
    for (const int part : {0, 1}) {
      std::vector<Expression> place = indices;
      place.push_back(integer(part));
      out.push_back(assign(at(f.output, std::move(place)), real(0)));
    }
  } else {
    out.push_back(assign(at(f.output, indices), real(0)));
  }
  for (std::size_t k = dims.size(); k-- > 0;) {
    out = {loop(variables[k], integer(0), integer(dims[k]), std::move(out))};
  }
  return out;
}

Statements ElementBuilder::before_points() const {
  Statements out = hoisted(false);
  for (std::size_t k = 0; k < geometries_.size(); ++k) {
    append(out, geometries_[k].before_points());
    append(out, quantities_[k].before_points());
  }
  append(out, hoisted(true));
  return out;
}

/// What adds to the output, which is zero.
Statements ElementBuilder::contracted() {
  switch (method_) {
    case Method::quadrature:
      return over_points();
    case Method::reference_tensor:
      return reference_tensor(context_, integrand_, geometries_[0], tables_);
    case Method::sum_factorisation:
      break;  // sum_factorise()
  }
  throw InternalError("unknown method");
}

void ElementBuilder::sum_factorise(ElementFunction& f) {
  TensorStatements parts =
      tensor_product(context_, integrand_, {geometries_, quantities_, other_point()}, tables_);
  if (context_.by_columns) {
    prepare(f, std::move(parts));
    return;
  }
  f.function.body = before_points();
  append(f.function.body, zero_output(f));
  append(f.function.body, std::move(parts.body));
}

/// Splits the function: all that does not depend on the column is done once, before the first.
void ElementBuilder::prepare(ElementFunction& f, TensorStatements parts) {
  Function& columns = f.function;
  // NVRTC 13.0 gives inlined arrays that live at the same time one place in local memory where a
  // third one, dead by then, shares it with each: here the element matrix and a flux.
  Function prepared{.name = columns.name + "_points",
                    .noinline = true,
                    .comment = "What all columns of the element matrix need at the points.",
                    .parameters = columns.parameters,
                    .body = before_points()};
  append(prepared.body, std::move(parts.preparation));
  const auto is_of_column = [&](const std::string& name) {
    return name == "column" || name == f.output;
  };
  const auto is_of_entity = [&](const std::string& name) {
    return name == "permutation" ||
           std::any_of(context_.sides.begin(), context_.sides.end(),
                       [&](const Side& side) { return side.place == name; });
  };
  f.preparation_arguments = f.arguments;
  std::erase_if(prepared.parameters, [&](const auto& p) { return is_of_column(p.name); });
  std::erase_if(f.preparation_arguments, [&](const auto& a) { return is_of_column(a.name); });
  // The columns read the coordinates and coefficients through the workspace alone.
  const auto is_prepared = [&](const std::string& name) {
    return !is_of_column(name) && !is_of_entity(name);
  };
  std::erase_if(columns.parameters, [&](const auto& p) { return is_prepared(p.name); });
  std::erase_if(f.arguments, [&](const auto& a) { return is_prepared(a.name); });
  for (const Statement& s : parts.workspace) {
    prepared.parameters.push_back({s.name, s.type, false, true, s.dims});
    f.preparation_arguments.push_back(var(s.name));
    columns.parameters.insert(columns.parameters.end() - 1, {s.name, s.type, false, false, s.dims});
    f.arguments.insert(f.arguments.end() - 1, var(s.name));
  }
  columns.body = zero_output(f);
  append(columns.body, std::move(parts.body));
  f.workspace = std::move(parts.workspace);
  f.preparation = std::move(prepared);
}

/// One point after another.
Statements ElementBuilder::over_points() const {
  Statements out = basis_.statements(false);
  Statements point = at_point();
  if (context_.expression) {
    append(out, std::move(point));
  } else {
    out.push_back(
        loop("q", integer(0), integer(static_cast<int>(context_.points.count)), std::move(point)));
  }
  return out;
}

/// q_m: the point of side '-' that lies at point q of side '+'.
Statements ElementBuilder::other_point() const {
  const PointSet& points = context_.points;
  if (points.partners.empty()) return {};
  const std::size_t size = points.partners.size() / points.places();
  bool same = true;
  for (std::size_t k = size; k < points.partners.size(); ++k) {
    same = same && points.partners[k] == points.partners[k % size];
  }
  std::vector<double> values = points.partners;
  std::vector<int> dims{points.permutations, static_cast<int>(points.count)};
  std::vector<Expression> indices{var("permutation"), var("q")};
  if (same) {
    values.resize(size);
  } else {
    dims.insert(dims.begin(), static_cast<int>(points.places()));
    indices.insert(indices.begin(), var(context_.sides[1].place));
  }
  const std::string table = tables_.add_plain("partners_" + context_.suffix,
                                              "the point of side '-' at point q of side '+'", dims,
                                              values, ValueType::integer);
  return {let(ValueType::integer, context_.sides[1].point, at(table, std::move(indices)))};
}

Statements ElementBuilder::functions(const PointFunction& function, int side) const {
  Statements out;
  for (std::size_t k = 0; k < function.space->parts.size(); ++k) {
    const SubSpace& part = function.space->parts[k];
    if (!part.orders.any()) continue;
    append(out, function_jets(geometries_[static_cast<std::size_t>(side)], function.part_name(k),
                              local_array(function.name), part));
  }
  return out;
}

Statements ElementBuilder::at_point() const {
  Statements out = other_point();
  for (std::size_t k = 0; k < geometries_.size(); ++k) {
    append(out, geometries_[k].at_point());
    append(out, quantities_[k].at_point());
  }
  append(out, basis_.statements(true));
  for (const CoefficientUse& use : context_.coefficients) {
    for (const CoefficientCopy& copy : use.copies) {
      append(out, functions(point_function(context_, use, copy), copy.side));
    }
  }
  if (context_.rank == 2 && context_.strategy == Strategy::matrix_free) {
    for (const Side& side : context_.sides) {
      for (int part = 0; part < context_.parts(); ++part) {
        append(out, functions(input_function(context_, side.number, part == 1), side.number));
      }
    }
  }
  if (integrand_.coefficients == 0) return out;  // an expression that is zero
  out.push_back(array("C", {integrand_.coefficients}));
  out.push_back(invoke(integrand_.function.name, integrand_.arguments));
  append(out, Contraction(context_, integrand_, basis_).statements());
  return out;
}

std::string ElementBuilder::describe(const char* what) const {
  if (context_.expression) return fmt::format("Values of {} at one point.", context_.form_name);
  const std::size_t points = context_.points.count;
  const char* entity = "cell";
  switch (context_.points.kind) {
    case fem::IntegralKind::cell:
      break;
    case fem::IntegralKind::exterior_facet:
    case fem::IntegralKind::interior_facet:
      entity = "facet";
      break;
    case fem::IntegralKind::vertex:
      entity = "vertex";
  }
  std::string text = fmt::format("Element {} of one {}: {} quadrature point{}.", what, entity,
                                 points, points == 1 ? "" : "s");
  if (context_.interior()) {
    text += "\nDofs of the cell on side '+' come first, then those of side '-'.";
  }
  if (context_.by_columns) {
    text += "\nOnly the columns of the trial node `column`: the whole does not fit.";
  }
  return text;
}

ElementFunction ElementBuilder::build() {
  ElementFunction f;
  const char* what = context_.rank == 0 ? "value" : context_.has_matrix() ? "matrix" : "vector";
  f.function.name = fmt::format(
      "{}_{}_{}", context_.expression ? "tabulate" : "element",
      context_.expression ? context_.form_name : what,
      context_.expression ? context_.suffix : context_.form_name + "_" + context_.suffix);
  add_parameters(f);
  add_output(f);
  f.function.comment = describe(what);
  if (method_ == Method::sum_factorisation) {
    sum_factorise(f);
    return f;
  }
  Statements& body = f.function.body;
  append(body, before_points());
  append(body, zero_output(f));
  append(body, contracted());
  return f;
}

}  // namespace

ElementFunction make_element_function(const IntegralContext& context,
                                      const IntegrandFunction& integrand, TableSet& tables,
                                      Method method) {
  return ElementBuilder(context, integrand, tables, method).build();
}

}  // namespace femsynth::synth

#include "fem/language/form_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/blocks.hpp"
#include "fem/form/operands.hpp"
#include "fem/form/transform.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/parser.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::fem {
namespace {

/// All variables that hold forms, in the order of their first assignment.
std::vector<Form> forms_by_name(const Evaluator& evaluator) {
  std::vector<Form> forms;
  for (const std::string& name : evaluator.variables()) {
    const Value* value = evaluator.variable(name);
    if (value == nullptr || !value->is<FormValue>()) continue;
    forms.push_back({name, *value->as<FormValue>().integrals});
  }
  return forms;
}

/// The variable that holds these very integrals; "" if none does.
std::string variable_of_form(const Evaluator& evaluator,
                             const std::shared_ptr<const std::vector<Integral>>& integrals) {
  for (const std::string& name : evaluator.variables()) {
    const Value* value = evaluator.variable(name);
    const auto* held = value == nullptr ? nullptr : value->get<FormValue>();
    if (held != nullptr && held->integrals == integrals) return name;
  }
  return {};
}

/// The variable that holds this very form, or, if there is none, that of the form whose block it
/// is with the block's place ("a_01"); "" if neither has a name.
std::string name_of_form(const Evaluator& evaluator, const FormValue& form) {
  std::string name = variable_of_form(evaluator, form.integrals);
  if (!name.empty() || form.origin == nullptr) return name;
  const std::string whole = variable_of_form(evaluator, form.origin->whole);
  const std::string block = whole + "_" + form.origin->place;
  return whole.empty() || evaluator.variable(block) != nullptr ? "" : block;
}

const Form* find_form(const std::vector<Form>& forms, const std::string& name) {
  const auto it = std::ranges::find(forms, name, &Form::name);
  return it == forms.end() ? nullptr : &*it;
}

/// Adds the forms of a list, which may hold lists of blocks: row by row, None left out.
void append_forms(const Evaluator& evaluator, const Sequence& list, int depth,
                  std::vector<Form>& forms) {
  constexpr int deepest = 2;  // a tuple of the tuples that extract_blocks() gives
  const SourceLocation where = evaluator.assigned_at("forms");
  const auto append = [&](const FormValue& form) {
    std::string name = name_of_form(evaluator, form);
    if (name.empty() || (form.origin != nullptr && find_form(forms, name) != nullptr)) {
      name = fmt::format("form_{}", forms.size());
    }
    forms.push_back({std::move(name), *form.integrals});
  };
  for (const Value& item : *list.items) {
    if (const auto* equation = item.get<EquationValue>()) {
      for (const FormValue& side : {equation->left, equation->right}) {
        if (!side.integrals->empty()) append(side);
      }
    } else if (const auto* form = item.get<FormValue>()) {
      append(*form);
    } else if (const auto* inner = item.get<Sequence>(); inner != nullptr && depth < deepest) {
      append_forms(evaluator, *inner, depth + 1, forms);
    } else if (!item.is<None>()) {
      throw evaluator.error(where,
                            fmt::format("`forms` holds {}, which is no form", kind_of(item)));
    }
  }
}

std::vector<Form> listed_forms(const Evaluator& evaluator, const Value& list) {
  const auto* sequence = list.get<Sequence>();
  if (sequence == nullptr) {
    throw evaluator.error(evaluator.assigned_at("forms"),
                          fmt::format("`forms` must be a list of forms, not {}", kind_of(list)));
  }
  std::vector<Form> forms;
  append_forms(evaluator, *sequence, 0, forms);
  const auto is_block = [](const Value& v) { return v.is<None>() || v.is<Sequence>(); };
  if (forms.empty() && !sequence->items->empty() &&
      std::ranges::all_of(*sequence->items, is_block)) {
    throw evaluator.error(evaluator.assigned_at("forms"),
                          "`forms` holds no form: all its blocks are empty (None)");
  }
  return forms;
}

/// "the form variables here are: a, energy".
std::string variables_hint(const std::vector<Form>& forms) {
  if (forms.empty()) return "no variable here holds a form";
  std::string names;
  for (const Form& form : forms) names += (names.empty() ? "" : ", ") + form.name;
  return fmt::format("the form variables here are: {}", names);
}

/// A scalar of test or trial functions where a form is expected: its measure was forgotten.
void refuse_forgotten_measure(Evaluator& evaluator) {
  const ExprGraph& g = evaluator.graph();
  for (const char* name : {"a", "L"}) {
    const Value* value = evaluator.variable(name);
    const ExprId* id = value == nullptr ? nullptr : value->get<ExprId>();
    if (id == nullptr || !g[*id].shape.empty() || !g[*id].free.empty()) continue;
    const std::vector<ExprId> nodes = reachable(g, *id);
    if (std::ranges::none_of(nodes, [&](ExprId n) { return g[n].op == Op::argument; })) continue;
    throw evaluator.error(evaluator.assigned_at(name),
                          fmt::format("`{0}` is an integrand, no form: a measure is missing, as in "
                                      "{0} = integrand*dx",
                                      name));
  }
}

/// The forms that the file exports; all that it has if it names none of the exported names.
std::vector<Form> exported_forms(Evaluator& evaluator, const std::vector<Form>& named) {
  if (const Value* list = evaluator.variable("forms")) return listed_forms(evaluator, *list);
  refuse_forgotten_measure(evaluator);
  std::vector<Form> forms;
  const auto take = [&](const char* name) {
    const Form* form = find_form(named, name);
    if (form != nullptr) forms.push_back(*form);
    return form != nullptr;
  };
  const bool has_a = take("a");
  const bool has_l = take("L");
  take("M");
  if (!has_a || !has_l) {
    take("F");
    take("J");
  }
  return forms.empty() ? named : forms;
}

/// Leaves the form, or else the expression, of that name alone.
void keep_wanted(const Evaluator& evaluator, const std::string& wanted, FormModule& module) {
  std::vector<Form> listed;
  const Form* form = find_form(module.named_forms, wanted);
  if (form == nullptr && evaluator.variable("forms") != nullptr) {
    listed = listed_forms(evaluator, *evaluator.variable("forms"));
    form = find_form(listed, wanted);
  }
  if (form != nullptr) {
    module.forms = {*form};
    module.expressions.clear();
    return;
  }
  std::string names;
  for (const PointExpression& expression : module.expressions) {
    names += (names.empty() ? "; the expressions are: " : ", ") + expression.name;
  }
  std::erase_if(module.expressions, [&](const PointExpression& e) { return e.name != wanted; });
  if (!module.expressions.empty()) return;
  throw evaluator.error(
      {}, fmt::format("no form '{}': {}{}", wanted, variables_hint(module.named_forms), names));
}

/// The list `elements`, or the elements that variables hold.
std::vector<Element> exported_elements(const Evaluator& evaluator) {
  std::vector<Element> elements;
  if (const Value* list = evaluator.variable("elements")) {
    const SourceLocation where = evaluator.assigned_at("elements");
    const auto* sequence = list->get<Sequence>();
    if (sequence == nullptr) {
      throw evaluator.error(
          where, fmt::format("`elements` must be a list of elements, not {}", kind_of(*list)));
    }
    for (const Value& item : *sequence->items) {
      if (!item.is<Element>()) {
        throw evaluator.error(
            where, fmt::format("`elements` holds {}, which is no element", kind_of(item)));
      }
      elements.push_back(item.as<Element>());
    }
    return elements;
  }
  for (const std::string& name : evaluator.variables()) {
    const Value* value = evaluator.variable(name);
    if (value != nullptr && value->is<Element>()) elements.push_back(value->as<Element>());
  }
  return elements;
}

/// The variable that holds this very expression; "expression_3" if none does.
std::string name_of_expression(const Evaluator& evaluator, ExprId id, std::size_t number) {
  for (const std::string& name : evaluator.variables()) {
    const Value* value = evaluator.variable(name);
    if (value != nullptr && value->is<ExprId>() && value->as<ExprId>() == id) return name;
  }
  return fmt::format("expression_{}", number);
}

/// Points of the reference cell: a list of points, each a list of t coordinates.
std::vector<double> points_of(const Evaluator& evaluator, const Value& value, int dim,
                              SourceLocation where) {
  const auto* rows = value.get<Sequence>();
  if (rows == nullptr || rows->items->empty()) {
    throw evaluator.error(where, "the points of an expression are a list of points");
  }
  std::vector<double> points;
  for (const Value& row : *rows->items) {
    const auto* coordinates = row.get<Sequence>();
    if (coordinates == nullptr || coordinates->items->size() != static_cast<std::size_t>(dim)) {
      throw evaluator.error(
          where, fmt::format("a point of the reference cell is a list of {} coordinates", dim));
    }
    for (const Value& coordinate : *coordinates->items) {
      if (!coordinate.is_number()) {
        throw evaluator.error(where,
                              fmt::format("a coordinate is a number, not {}", kind_of(coordinate)));
      }
      points.push_back(coordinate.number());
    }
  }
  return points;
}

/// The list `expressions` of pairs (expression, points).
std::vector<PointExpression> exported_expressions(Evaluator& evaluator) {
  std::vector<PointExpression> expressions;
  const Value* list = evaluator.variable("expressions");
  if (list == nullptr) return expressions;
  const SourceLocation where = evaluator.assigned_at("expressions");
  const auto* sequence = list->get<Sequence>();
  if (sequence == nullptr) {
    throw evaluator.error(where, fmt::format("`expressions` must be a list of pairs (expression, "
                                             "points), not {}",
                                             kind_of(*list)));
  }
  for (const Value& item : *sequence->items) {
    const auto* pair = item.get<Sequence>();
    if (pair == nullptr || pair->items->size() != 2) {
      throw evaluator.error(where, fmt::format("`expressions` holds {}, which is no pair "
                                               "(expression, points)",
                                               kind_of(item)));
    }
    const ExprId id = evaluator.expression((*pair->items)[0], where);
    const ExprGraph& graph = evaluator.graph();
    if (!graph[id].free.empty() || is_condition(graph[id].op)) {
      throw evaluator.error(
          where, fmt::format("`expressions` holds {}, which has no values", describe(graph, id)));
    }
    expressions.push_back(
        {name_of_expression(evaluator, id, expressions.size()), id,
         points_of(evaluator, (*pair->items)[1], graph.topological_dim(), where)});
  }
  return expressions;
}

/// What exists on facets alone.
bool is_of_facets(const Node& node) {
  if (node.op == Op::facet_normal) return true;
  if (node.op != Op::geometric_quantity) return false;
  switch (static_cast<GeometricQuantity>(node.number)) {
    case GeometricQuantity::facet_area:
    case GeometricQuantity::min_facet_edge_length:
    case GeometricQuantity::max_facet_edge_length:
    case GeometricQuantity::facet_jacobian:
    case GeometricQuantity::facet_jacobian_determinant:
    case GeometricQuantity::facet_jacobian_inverse:
    case GeometricQuantity::facet_coordinate:
    case GeometricQuantity::facet_origin:
    case GeometricQuantity::facet_edge_vectors:
    case GeometricQuantity::reference_facet_volume:
    case GeometricQuantity::reference_normal:
    case GeometricQuantity::cell_facet_jacobian:
    case GeometricQuantity::reference_facet_edge_vectors:
      return true;
    default:
      return false;
  }
}

std::string name_of_geometry(const Node& node) {
  return node.op == Op::facet_normal ? "FacetNormal"
                                     : name_of(static_cast<GeometricQuantity>(node.number));
}

/// Refuses a form whose arguments are still parts of a MixedFunctionSpace: it has several.
void check_parts(const Evaluator& evaluator, const ExprGraph& graph, const Form& form) {
  const auto is_part = [&](ExprId id) {
    return graph[id].op == Op::argument &&
           graph.arguments()[static_cast<std::size_t>(graph[id].number)].part;
  };
  if (std::ranges::none_of(reachable(graph, integrands(form)), is_part)) return;
  try {
    argument_elements(graph, form);
  } catch (const InputError& error) {
    const SourceLocation assigned = evaluator.assigned_at(form.name);
    const SourceLocation where = assigned.known() ? assigned : form.integrals[0].where;
    throw evaluator.error(where, fmt::format("{}: {}", form.name, error.what()));
  }
}

/// Checks what only a whole form shows.
void check_form(const Evaluator& evaluator, const ExprGraph& graph, const Form& form) {
  if (form.integrals.empty()) {
    throw evaluator.error(evaluator.assigned_at(form.name),
                          fmt::format("the form {} is zero: it has no integrals", form.name));
  }
  check_parts(evaluator, graph, form);
  for (const Integral& integral : form.integrals) {
    if (integral.kind != IntegralKind::cell && integral.kind != IntegralKind::vertex) continue;
    for (ExprId id : reachable(graph, integral.integrand)) {
      if (is_of_facets(graph[id])) {
        const std::string what = name_of_geometry(graph[id]);
        throw evaluator.error(integral.where,
                              fmt::format("{} in a {} integral: {} exists on facets only (ds, dS)",
                                          what, measure_name(integral.kind),
                                          graph[id].op == Op::facet_normal ? "a normal" : "it"));
      }
    }
  }
}

FormModule collect(Evaluator& evaluator, const Source& source, const LanguageOptions& options) {
  evaluator.name_terminals();
  std::vector<PointExpression> expressions = exported_expressions(evaluator);
  FormModule module{source.path, source.text, evaluator.graph(), {}, forms_by_name(evaluator)};
  module.elements = exported_elements(evaluator);
  module.expressions = std::move(expressions);
  if (options.form.empty()) {
    module.forms = exported_forms(evaluator, module.named_forms);
  } else {
    keep_wanted(evaluator, options.form, module);
  }
  if (module.forms.empty() && module.elements.empty() && module.expressions.empty()) {
    throw evaluator.error({}, fmt::format("the file exports no form: define a, L, M, F or J, or a "
                                          "list `forms`; {}",
                                          variables_hint(module.named_forms)));
  }
  if (!evaluator.cell_named()) {
    if (!module.forms.empty() || !module.expressions.empty()) {
      throw evaluator.error({}, "the file names no cell: no element, mesh or domain is in it");
    }
    const Domain domain(module.elements[0].cell);
    if (evaluator.graph().domain() != domain) throw OtherDomain{domain};
  }
  for (std::vector<Form>* forms : {&module.forms, &module.named_forms}) {
    for (Form& form : *forms) {
      form = without_parts(module.graph, renumbered_arguments(module.graph, form));
    }
  }
  for (const Form& form : module.forms) check_form(evaluator, module.graph, form);
  return module;
}

std::vector<ExprId> scalar_components(ExprGraph& graph, ExprId tensor) {
  const Shape shape = graph[tensor].shape;
  std::vector<ExprId> components;
  for (int k = 0; k < size_of(shape); ++k) {
    std::vector<Index> indices(shape.size());
    for (int axis = static_cast<int>(shape.size()) - 1, rest = k; axis >= 0; --axis) {
      const auto at = static_cast<std::size_t>(axis);
      indices[at] = {false, rest % shape[at]};
      rest /= shape[at];
    }
    components.push_back(indexed(graph, tensor, std::move(indices)));
  }
  return components;
}

/// The scalar components of a value, row-major.
void append_components(Evaluator& evaluator, const Value& value, SourceLocation where,
                       std::vector<ExprId>& components) {
  evaluator.count_step(where);
  if (const auto* sequence = value.get<Sequence>()) {
    for (const Value& item : *sequence->items) {
      append_components(evaluator, item, where, components);
    }
    return;
  }
  if (const auto* tensor = value.get<ExprId>();
      tensor != nullptr && !evaluator.graph()[*tensor].is_scalar()) {
    for (ExprId component : scalar_components(evaluator.graph(), *tensor)) {
      append_components(evaluator, {component}, where, components);
    }
    return;
  }
  const ExprId id = evaluator.expression(value, where);
  const ExprGraph& graph = evaluator.graph();
  if (is_condition(graph[id].op) || !graph[id].free.empty()) {
    throw evaluator.error(where, fmt::format("{} is no value of a field", describe(graph, id)));
  }
  if (components.size() >= limits::list_length) {
    throw evaluator.error(where, fmt::format("more than {} components", limits::list_length));
  }
  components.push_back(id);
}

}  // namespace

FieldExpression parse_field(const std::string& text, const Domain& domain,
                            const std::string& name) {
  const Source source{name, text};
  const ast::Module module = parse(source);
  if (module.statements.size() != 1 ||
      module.statements[0].kind != ast::StatementKind::expression) {
    throw source.error({1, 1}, "expected one expression");
  }
  const SourceLocation where = module.statements[0].where;
  Evaluator evaluator(source, module, domain);
  evaluator.use_domain(domain, {});
  evaluator.import_all("ufl", {});
  evaluator.define("x", Value{spatial_coordinate(evaluator.graph())});
  std::vector<ExprId> components;
  const Value value = evaluator.evaluate(module.statements[0].value);
  evaluator.check_nesting(value, where);
  append_components(evaluator, value, where, components);
  const ExprGraph& graph = evaluator.graph();
  for (ExprId id : reachable(graph, components)) {
    const Op op = graph[id].op;
    if (op == Op::argument || op == Op::coefficient || op == Op::constant ||
        op == Op::facet_normal) {
      throw source.error(graph.location(id),
                         "a field is an expression in the coordinates x and numbers alone");
    }
  }
  return {text, graph, components};
}

FormModule parse_form(std::string text, std::string path, const LanguageOptions& options) {
  const Source source{std::move(path), std::move(text)};
  const ast::Module module = parse(source);
  Domain domain(meshes::CellType::triangle);
  // The first cell that the file names, then its mesh, are assumed in turn; only a file whose
  // mesh depends on the assumption goes on.
  constexpr int most_restarts = 4;
  for (int k = 0; k <= most_restarts; ++k) {
    try {
      Evaluator evaluator(source, module, domain);
      if (options.implicit_ufl) evaluator.import_all("ufl", {});
      evaluator.run();
      return collect(evaluator, source, options);
    } catch (const OtherDomain& other) {
      domain = other.domain;
    }
  }
  throw source.error({}, "the mesh depends on functions that were made before it: make it first");
}

FormModule load_form_file(const std::string& path, LanguageOptions options) {
  options.implicit_ufl = options.implicit_ufl || path.ends_with(".ufl");
  return parse_form(read_file(path, limits::source_bytes), path, options);
}

}  // namespace femsynth::fem

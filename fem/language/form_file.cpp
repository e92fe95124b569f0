#include "fem/language/form_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
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

/// The variable that holds this very form; "form_3" if none does.
std::string name_of_form(const Evaluator& evaluator, const FormValue& form, std::size_t number) {
  for (const std::string& name : evaluator.variables()) {
    const Value* value = evaluator.variable(name);
    const auto* held = value == nullptr ? nullptr : value->get<FormValue>();
    if (held != nullptr && held->integrals == form.integrals) return name;
  }
  return fmt::format("form_{}", number);
}

std::vector<Form> listed_forms(const Evaluator& evaluator, const Value& list) {
  const SourceLocation where = evaluator.assigned_at("forms");
  const auto* sequence = list.get<Sequence>();
  if (sequence == nullptr) {
    throw evaluator.error(where,
                          fmt::format("`forms` must be a list of forms, not {}", kind_of(list)));
  }
  std::vector<Form> forms;
  for (const Value& item : *sequence->items) {
    const auto* form = item.get<FormValue>();
    if (form == nullptr) {
      throw evaluator.error(where,
                            fmt::format("`forms` holds {}, which is no form", kind_of(item)));
    }
    forms.push_back({name_of_form(evaluator, *form, forms.size()), *form->integrals});
  }
  return forms;
}

const Form* find_form(const std::vector<Form>& forms, const std::string& name) {
  const auto it = std::ranges::find(forms, name, &Form::name);
  return it == forms.end() ? nullptr : &*it;
}

/// "the form variables here are: a, energy".
std::string variables_hint(const std::vector<Form>& forms) {
  if (forms.empty()) return "no variable here holds a form";
  std::string names;
  for (const Form& form : forms) names += (names.empty() ? "" : ", ") + form.name;
  return fmt::format("the form variables here are: {}", names);
}

std::vector<Form> wanted_forms(const Evaluator& evaluator, const std::vector<Form>& named,
                               const std::string& wanted) {
  if (!wanted.empty()) {
    if (const Form* form = find_form(named, wanted)) return {*form};
    throw evaluator.error({}, fmt::format("no form '{}': {}", wanted, variables_hint(named)));
  }
  std::vector<Form> forms;
  const auto take = [&](const char* name) {
    const Form* form = find_form(named, name);
    if (form != nullptr) forms.push_back(*form);
    return form != nullptr;
  };
  if (const Value* list = evaluator.variable("forms")) {
    forms = listed_forms(evaluator, *list);
  } else {
    const bool has_a = take("a");
    const bool has_l = take("L");
    take("M");
    if (!has_a || !has_l) {
      take("F");
      take("J");
    }
  }
  if (forms.empty()) {
    throw evaluator.error({}, fmt::format("the file exports no form: define a, L, M, F or J, or a "
                                          "list `forms`; {}",
                                          variables_hint(named)));
  }
  return forms;
}

/// Checks what only a whole form shows.
void check_form(const Evaluator& evaluator, const ExprGraph& graph, const Form& form) {
  if (form.integrals.empty()) {
    throw evaluator.error(evaluator.assigned_at(form.name),
                          fmt::format("the form {} is zero: it has no integrals", form.name));
  }
  for (const Integral& integral : form.integrals) {
    if (integral.kind != IntegralKind::cell) continue;
    for (ExprId id : reachable(graph, integral.integrand)) {
      if (graph[id].op == Op::facet_normal) {
        throw evaluator.error(integral.where,
                              "FacetNormal in a dx integral: a normal exists on facets only (ds)");
      }
    }
  }
}

FormModule collect(Evaluator& evaluator, Source source, const LanguageOptions& options) {
  evaluator.name_terminals();
  FormModule module{source.path, source.text, evaluator.graph(), {}, forms_by_name(evaluator)};
  module.forms = wanted_forms(evaluator, module.named_forms, options.form);
  if (!evaluator.cell_named()) {
    throw evaluator.error({}, "the file names no cell: no element, mesh or domain is in it");
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

FieldExpression parse_field(const std::string& text, meshes::CellType cell,
                            const std::string& name) {
  const Source source{name, text};
  const ast::Module module = parse(source);
  if (module.statements.size() != 1 ||
      module.statements[0].kind != ast::StatementKind::expression) {
    throw source.error({1, 1}, "expected one expression");
  }
  const SourceLocation where = module.statements[0].where;
  Evaluator evaluator(source, module, cell);
  evaluator.use_cell(cell, {});
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
  meshes::CellType cell = meshes::CellType::triangle;
  for (;;) {
    try {
      Evaluator evaluator(source, module, cell);
      if (options.implicit_ufl) evaluator.import_all("ufl", {});
      evaluator.run();
      return collect(evaluator, source, options);
    } catch (const OtherCell& other) {
      cell = other.cell;  // thrown once: from now on the file's first cell is the assumed one
    }
  }
}

FormModule load_form_file(const std::string& path, LanguageOptions options) {
  options.implicit_ufl = options.implicit_ufl || path.ends_with(".ufl");
  return parse_form(read_file(path, limits::source_bytes), path, options);
}

}  // namespace femsynth::fem

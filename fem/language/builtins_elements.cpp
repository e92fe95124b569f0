#include <fmt/format.h>

#include <algorithm>

#include "fem/elements/quadrature.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/element_names.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Elements in three dialects: basix.ufl's, the older ufl's, and that of UFL's own demos, whose
// module is called utils.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

const Element& element_argument(const Args& args, std::size_t k) {
  const auto* element = args[k].get<Element>();
  if (element == nullptr) {
    args.fail(k, fmt::format("expected an element but got {}", kind_of(args[k])));
  }
  return *element;
}

/// True, False, or a dictionary of index pairs such as {(0, 1): (1, 0)}: all of an n × n matrix.
bool symmetry_flag(const Args& args, std::size_t k, const Shape& shape) {
  if (!given(args, k)) return false;
  const auto* dict = args[k].get<Dict>();
  if (dict == nullptr) return args.flag(k);
  const int n = shape.empty() ? 0 : shape[0];
  const auto pair = [&](const Value& value) {
    const auto* sequence = value.get<Sequence>();
    if (sequence == nullptr || sequence->items->size() != 2 ||
        !(*sequence->items)[0].is<std::int64_t>() || !(*sequence->items)[1].is<std::int64_t>()) {
      args.fail(k, "a symmetry maps pairs of indices to pairs of indices");
    }
    return std::pair((*sequence->items)[0].as<std::int64_t>(),
                     (*sequence->items)[1].as<std::int64_t>());
  };
  for (const auto& [key, value] : dict->table->entries) {
    const auto [i, j] = pair(key);
    if (pair(value) != std::pair(j, i) || i == j) {
      args.fail(k, "only the symmetry of a matrix, (i, j) to (j, i), is supported");
    }
  }
  if (dict->table->entries.empty()) return false;
  if (dict->table->entries.size() != static_cast<std::size_t>(n * (n - 1) / 2)) {
    args.fail(k, "only the symmetry of the whole matrix is supported");
  }
  return true;
}

/// Copies of an element; errors stand at the argument k, of the symmetry at the argument s.
Element blocks(const Args& args, std::size_t k, Element element, const Shape& shape, bool symmetric,
               std::size_t s) {
  if (element.family == Family::mixed) args.fail(k, "blocks of a mixed element");
  if (element.symmetric) args.fail(k, "blocks of symmetric matrices");
  if (symmetric) {
    if (shape.size() != 2 || shape[0] != shape[1]) {
      args.fail(s, fmt::format("symmetry of the shape {}: only a square matrix is symmetric",
                               to_string(shape)));
    }
    if (!value_shape(element, meshes::dimension(element.cell)).empty()) {
      args.fail(s, "symmetric matrices are made of a scalar element");
    }
  }
  element.shape.insert(element.shape.begin(), shape.begin(), shape.end());
  if (size_of(element.shape) > limits::block_size) {
    args.fail(k, fmt::format("a shape of more than {} components", limits::block_size));
  }
  if (element.shape.size() > static_cast<std::size_t>(limits::tensor_rank)) {
    args.fail(k, fmt::format("a shape of {} axes (limit: {})", element.shape.size(),
                             limits::tensor_rank));
  }
  element.symmetric = symmetric;
  return element;
}

/// Parts of an element, itself included; the recursion is as deep as limits::list_depth.
int part_count(const Element& element) {
  int count = 1;
  for (const Element& part : element.parts) count += part_count(part);
  return count;
}

int depth_of(const Element& element) {
  int depth = 0;
  for (const Element& part : element.parts) depth = std::max(depth, depth_of(part));
  return depth + 1;
}

/// The family's name, as it was written.
std::string written(const Args& args, std::size_t k) {
  return args[k].is<std::string>() ? args[k].as<std::string>() : args[k].as<EnumMember>().name;
}

// basix.ufl

Value basix_element(Evaluator& ev, Args& args) {
  Element element = named_element(args, 0, cell_argument(args, 1), 2);
  if (given(args, 7) && args.flag(7)) make_discontinuous(element);
  set_lagrange_variant(args, 3, element);
  set_dpc_variant(args, 4, element);
  check_made(ev, args, given(args, 3) ? 3 : 2, element);
  const Shape shape = given(args, 5) ? args.shape(5) : Shape{};
  const bool symmetric = symmetry_flag(args, 6, shape);
  if (shape.empty() && !symmetric) return {element};
  // The shape of the family's own values makes no blocks.
  if (shape == basic_shape(element.family, meshes::dimension(element.cell))) return {element};
  return {blocks(args, 5, element, shape, symmetric, 6)};
}

Value blocked_element(Evaluator&, Args& args) {
  const Element& element = element_argument(args, 0);
  const Shape shape = given(args, 1) ? args.shape(1) : Shape{meshes::dimension(element.cell)};
  return {blocks(args, 0, element, shape, symmetry_flag(args, 2, shape), 2)};
}

std::vector<Element> listed_elements(const Args& args, std::size_t k) {
  const auto* list = args[k].get<Sequence>();
  if (list == nullptr) {
    args.fail(k, fmt::format("expected a list of elements but got {}", kind_of(args[k])));
  }
  std::vector<Element> elements;
  for (const Value& item : *list->items) {
    if (!item.is<Element>()) {
      args.fail(k, fmt::format("the list holds {}, which is no element", kind_of(item)));
    }
    elements.push_back(item.as<Element>());
  }
  return elements;
}

Value basix_mixed(Evaluator& ev, Args& args) {
  return {composed_element(ev, Family::mixed, listed_elements(args, 0), args.where(0))};
}

Value basix_enriched(Evaluator& ev, Args& args) {
  args.refuse(1, "map_type");
  return {composed_element(ev, Family::enriched, listed_elements(args, 0), args.where(0))};
}

/// Points and weights that the form file gives.
void set_custom_rule(const Args& args, std::size_t points, std::size_t weights, Element& element) {
  if (!given(args, points) || !given(args, weights)) {
    args.fail("points and weights are needed");
  }
  element.scheme = "custom";
  append_numbers(args, points, args[points], element.points);
  append_numbers(args, weights, args[weights], element.weights);
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (element.weights.empty() || element.points.size() != t * element.weights.size()) {
    args.fail(points, fmt::format("{} coordinates of points of dimension {} and {} weights",
                                  element.points.size(), t, element.weights.size()));
  }
}

Value basix_quadrature(Evaluator& ev, Args& args) {
  Element element;
  element.family = Family::quadrature;
  element.cell = cell_argument(args, 0);
  const Shape shape = given(args, 1) ? args.shape(1) : Shape{};
  element.degree = given(args, 3) ? quadrature_degree_argument(args, 3, args[3]) : -1;
  element.scheme = given(args, 2) ? quadrature_scheme(args, 2) : "default";
  if (given(args, 4) || given(args, 5)) {
    set_custom_rule(args, 5, 4, element);
    // As in basix.ufl.
    if (element.degree < 0) element.degree = static_cast<int>(element.weights.size());
  } else if (element.degree < 0) {
    args.fail("a degree, or points and weights, are needed");
  } else if (element.scheme != "default" && element.scheme != "vertex") {
    QuadratureRule rule = cell_quadrature(element.cell, element.degree, element.scheme);
    element.scheme = "custom";
    element.points = std::move(rule.points);
    element.weights = std::move(rule.weights);
  }
  check_made(ev, args, 3, element);
  if (shape.empty()) return {element};
  return {blocks(args, 1, element, shape, symmetry_flag(args, 6, shape), 6)};
}

Value basix_real(Evaluator&, Args& args) {
  Element element;
  element.family = Family::real;
  element.cell = cell_argument(args, 0);
  element.degree = 0;
  const Shape shape = given(args, 1) ? args.shape(1) : Shape{};
  if (shape.empty()) return {element};
  return {blocks(args, 1, element, shape, false, 1)};
}

Value wrap_element(Evaluator&, Args& args) { return {element_argument(args, 0)}; }

constexpr Builtin basix_table[] = {
    {"element",
     "family, cell, degree, lagrange_variant=, dpc_variant=, shape=, symmetry=, discontinuous=, "
     "dtype=",
     basix_element},
    {"mixed_element", "elements", basix_mixed},
    {"enriched_element", "elements, map_type=", basix_enriched},
    {"blocked_element", "sub_element, shape=, symmetry=", blocked_element},
    {"quadrature_element",
     "cell, value_shape=, scheme=, degree=, weights=, points=, symmetry=, dtype=",
     basix_quadrature},
    {"real_element", "cell, value_shape=", basix_real},
    {"wrap_element", "element", wrap_element},
};

// The older ufl

/// family, cell, degree, scheme and variant from the arguments of those numbers.
Element older_element(Evaluator& ev, const Args& args, std::size_t scheme, std::size_t variant) {
  Element element = named_element(args, 0, cell_argument(args, 1), 2);
  set_lagrange_variant(args, variant, element);
  check_made(ev, args, given(args, variant) ? variant : 2, element);
  if (given(args, scheme)) {
    const std::string name = quadrature_scheme(args, scheme);
    if (element.family == Family::quadrature && (name == "default" || name == "vertex")) {
      element.scheme = name;
    } else if (name != "default") {
      args.fail(scheme, fmt::format("the quadrature scheme \"{}\" is not supported", name));
    }
  }
  return element;
}

Value finite_element(Evaluator& ev, Args& args) {
  args.refuse(3, "form_degree");
  return {older_element(ev, args, 4, 5)};
}

/// VectorElement and TensorElement: of an element, or of family, cell, degree.
Element blocks_base(Evaluator& ev, const Args& args, std::size_t scheme, std::size_t variant) {
  if (args[0].is<Element>()) {
    if (given(args, 1) || given(args, 2)) args.fail("an element and a cell or degree");
    return args[0].as<Element>();
  }
  if (!given(args, 1)) args.fail("the cell and the degree are missing");
  return older_element(ev, args, scheme, variant);
}

Value vector_element(Evaluator& ev, Args& args) {
  args.refuse(4, "form_degree");
  const Element base = blocks_base(ev, args, 5, 6);
  Shape shape{meshes::dimension(base.cell)};
  if (given(args, 3)) {
    args.integer(3);
    shape = args.shape(3);
  }
  return {blocks(args, 0, base, shape, false, 0)};
}

Value tensor_element(Evaluator& ev, Args& args) {
  const Element base = blocks_base(ev, args, 5, 6);
  const int dim = meshes::dimension(base.cell);
  const Shape shape = given(args, 3) ? args.shape(3) : Shape{dim, dim};
  return {blocks(args, 0, base, shape, symmetry_flag(args, 4, shape), 4)};
}

/// An element, or a list of elements and lists, which are mixed elements of their own.
Element element_or_list(Evaluator& ev, const Value& value, SourceLocation where) {
  if (const auto* element = value.get<Element>()) return *element;
  const auto* list = value.get<Sequence>();
  if (list == nullptr) {
    throw ev.error(where, fmt::format("expected an element but got {}", kind_of(value)));
  }
  ev.count_step(where);
  std::vector<Element> parts;
  for (const Value& item : *list->items) parts.push_back(element_or_list(ev, item, where));
  return composed_element(ev, Family::mixed, std::move(parts), where);
}

Value older_mixed(Evaluator& ev, Args& args) {
  if (args.rest().empty()) args.fail("no elements");
  if (args.rest().size() == 1 && args.rest()[0].value.is<Sequence>()) {
    return {element_or_list(ev, args.rest()[0].value, args.rest()[0].where)};
  }
  std::vector<Element> parts;
  for (const PassedValue& passed : args.rest()) {
    parts.push_back(element_or_list(ev, passed.value, passed.where));
  }
  return {composed_element(ev, Family::mixed, std::move(parts), args.where())};
}

Value older_enriched(Evaluator& ev, Args& args) {
  std::vector<Element> parts;
  for (const PassedValue& passed : args.rest()) {
    if (!passed.value.is<Element>()) {
      throw ev.error(passed.where, fmt::format("{}(): expected an element but got {}",
                                               args.callee(), kind_of(passed.value)));
    }
    parts.push_back(passed.value.as<Element>());
  }
  if (parts.empty()) args.fail("no elements");
  return {composed_element(ev, Family::enriched, std::move(parts), args.where())};
}

constexpr Builtin older_table[] = {
    {"FiniteElement",
     "family, cell=, degree=, form_degree=, quad_scheme=, variant=", finite_element},
    {"VectorElement",
     "family, cell=, degree=, dim=, form_degree=, quad_scheme=, variant=", vector_element},
    {"TensorElement",
     "family, cell=, degree=, shape=, symmetry=, quad_scheme=, variant=", tensor_element},
    {"MixedElement", "*elements", older_mixed},
    {"EnrichedElement", "*elements", older_enriched},
    {"NodalEnrichedElement", "*elements", older_enriched},
};

// The module utils of UFL's demos

/// Blocks of a basic element so that a value has that shape: its last axes are the element's own.
Element shaped(const Args& args, std::size_t k, const Element& element) {
  Shape shape = args.shape(k);
  const Shape own = basic_shape(element.family, meshes::dimension(element.cell));
  if (shape.size() < own.size() || !std::equal(own.rbegin(), own.rend(), shape.rbegin())) {
    args.fail(k, fmt::format("the values of this family have the shape {}, not {}", to_string(own),
                             to_string(shape)));
  }
  shape.resize(shape.size() - own.size());
  return shape.empty() ? element : blocks(args, k, element, shape, false, k);
}

const char* name_of(PullBack pull_back) {
  switch (pull_back) {
    case PullBack::identity:
      return "identity_pullback";
    case PullBack::contravariant_piola:
      return "contravariant_piola";
    case PullBack::covariant_piola:
      return "covariant_piola";
    case PullBack::double_covariant:
      return "double_covariant_piola";
    case PullBack::double_contravariant:
      return "double_contravariant_piola";
  }
  throw InternalError("unknown pull-back");
}

void check_member(const Args& args, std::size_t k, const char* enumeration, const char* what) {
  const auto* member = args[k].get<EnumMember>();
  if (member == nullptr || member->enumeration != enumeration) {
    args.fail(k, fmt::format("expected {} but got {}", what, kind_of(args[k])));
  }
}

Value utils_lagrange(Evaluator& ev, Args& args) {
  Element element;
  element.cell = cell_argument(args, 0);
  element.degree = degree_argument(args, 1);
  check_made(ev, args, 1, element);
  return {given(args, 2) ? shaped(args, 2, element) : element};
}

Value utils_element(Evaluator& ev, Args& args) {
  // "vector BDM": the shape tells that it is one.
  Element element = named_family(args, 0, cell_argument(args, 1), "vector ");
  element.degree = degree_argument(args, 2);
  check_made(ev, args, 2, element);
  check_member(args, 4, "pullback", "a member of ufl.pullback");
  check_member(args, 5, "sobolevspace", "a member of ufl.sobolevspace");
  const char* expected = name_of(pull_back(element.family));
  if (args[4].as<EnumMember>().name != expected) {
    args.fail(4, fmt::format("the pull-back of '{}' is {}", written(args, 0), expected));
  }
  return {shaped(args, 3, element)};
}

Value utils_mixed(Evaluator& ev, Args& args) {
  args.refuse(1, "make_cell_sequence");
  if (!args[0].is<Sequence>()) {
    args.fail(0, fmt::format("expected a list of elements but got {}", kind_of(args[0])));
  }
  return {element_or_list(ev, args[0], args.where(0))};
}

/// {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2} and as many equal scalar elements.
Value utils_symmetric(Evaluator&, Args& args) {
  const auto* dict = args[0].get<Dict>();
  if (dict == nullptr) {
    args.fail(0, fmt::format("expected a dictionary but got {}", kind_of(args[0])));
  }
  const std::vector<Element> parts = listed_elements(args, 1);
  int n = 1;
  while (static_cast<std::size_t>(n * (n + 1) / 2) < parts.size()) ++n;
  const bool alike = !parts.empty() && std::ranges::count(parts, parts[0]) ==
                                           static_cast<std::ptrdiff_t>(parts.size());
  bool full = alike && static_cast<std::size_t>(n * (n + 1) / 2) == parts.size() &&
              static_cast<int>(dict->table->entries.size()) == n * n;
  for (const auto& [key, value] : dict->table->entries) {
    const auto* pair = key.get<Sequence>();
    full = full && pair != nullptr && pair->items->size() == 2 &&
           (*pair->items)[0].is<std::int64_t>() && (*pair->items)[1].is<std::int64_t>() &&
           value.is<std::int64_t>();
    if (!full) break;
    const auto [low, high] =
        std::minmax((*pair->items)[0].as<std::int64_t>(), (*pair->items)[1].as<std::int64_t>());
    full = low >= 0 && high < n && value.as<std::int64_t>() == high * (high + 1) / 2 + low;
  }
  if (!full) {
    args.fail(0,
              "only n x n matrices of one element are supported, whose entries (i, j), j <= i, "
              "are numbered i(i + 1)/2 + j");
  }
  return {blocks(args, 1, parts[0], {n, n}, true, 1)};
}

constexpr Builtin utils_table[] = {
    {"LagrangeElement", "cell, degree, shape=", utils_lagrange},
    {"FiniteElement", "family, cell, degree, reference_value_shape, pullback, sobolev_space",
     utils_element},
    {"MixedElement", "sub_elements, make_cell_sequence=", utils_mixed},
    {"SymmetricElement", "symmetry, sub_elements", utils_symmetric},
};

}  // namespace

void append_numbers(const Args& args, std::size_t k, const Value& value,
                    std::vector<double>& numbers) {
  if (const auto* sequence = value.get<Sequence>()) {
    for (const Value& item : *sequence->items) append_numbers(args, k, item, numbers);
  } else if (value.is_number()) {
    numbers.push_back(value.number());
  } else {
    args.fail(k, fmt::format("expected numbers but got {}", kind_of(value)));
  }
  if (numbers.size() > limits::list_length) {
    args.fail(k, fmt::format("more than {} numbers", limits::list_length));
  }
}

Element composed_element(Evaluator& ev, Family family, std::vector<Element> parts,
                         SourceLocation where) {
  if (parts.empty()) throw ev.error(where, "an element without parts");
  Element element;
  element.family = family;
  element.cell = parts[0].cell;
  element.degree = 0;
  const int dim = meshes::dimension(element.cell);
  const Shape first = value_shape(parts[0], dim);
  int components = 0;
  for (const Element& part : parts) {
    if (part.cell != element.cell) {
      throw ev.error(where, fmt::format("an element of parts on a {} and on a {}",
                                        meshes::name_of(element.cell), meshes::name_of(part.cell)));
    }
    const Shape shape = value_shape(part, dim);
    if (family == Family::enriched && shape != first) {
      throw ev.error(where, fmt::format("the sum of elements of shapes {} and {}", to_string(first),
                                        to_string(shape)));
    }
    components += size_of(shape);
    element.degree = std::max(element.degree, part.degree);
  }
  element.parts = std::move(parts);
  if ((family == Family::mixed && components > limits::mixed_components) ||
      part_count(element) > limits::mixed_components) {
    throw ev.error(where, fmt::format("an element of more than {} components or parts",
                                      limits::mixed_components));
  }
  if (depth_of(element) > static_cast<int>(limits::list_depth)) {
    throw ev.error(where, fmt::format("elements nested more than {} deep", limits::list_depth));
  }
  return element;
}

std::span<const Builtin> basix_ufl_builtins() { return basix_table; }
std::span<const Builtin> older_element_builtins() { return older_table; }
std::span<const Builtin> utils_builtins() { return utils_table; }

}  // namespace femsynth::fem

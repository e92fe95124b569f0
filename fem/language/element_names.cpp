#include "fem/language/element_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "fem/language/evaluator.hpp"
#include "fem/language/modules.hpp"

namespace femsynth::fem {
namespace {

using Args = CallArguments;
using meshes::CellType;

// Sets of cells.
constexpr unsigned bit(CellType cell) { return 1U << static_cast<unsigned>(cell); }
constexpr unsigned interval = bit(CellType::interval);
constexpr unsigned triangle = bit(CellType::triangle);
constexpr unsigned tetrahedron = bit(CellType::tetrahedron);
constexpr unsigned quadrilateral = bit(CellType::quadrilateral);
constexpr unsigned hexahedron = bit(CellType::hexahedron);
constexpr unsigned cubes = quadrilateral | hexahedron;
constexpr unsigned solids = triangle | tetrahedron;
constexpr unsigned any = ~0U;

struct FamilyName {
  std::string_view name;
  Family family;
  unsigned cells = any;
  bool discontinuous = false;
  LagrangeVariant variant = LagrangeVariant::gll_warped;
};

constexpr FamilyName family_names[] = {
    {"Lagrange", Family::lagrange},
    {"P", Family::lagrange},
    {"CG", Family::lagrange},
    {"Q", Family::lagrange, interval | cubes},
    {"GLL", Family::lagrange, interval | cubes},
    {"Gauss-Lobatto-Legendre", Family::lagrange, interval | cubes},
    {"Bernstein", Family::lagrange, any, false, LagrangeVariant::bernstein},
    {"DG", Family::lagrange, any, true},
    {"DP", Family::lagrange, any, true},
    {"DQ", Family::lagrange, any, true},
    {"Gauss-Legendre", Family::lagrange, interval | cubes, true, LagrangeVariant::gl_warped},
    {"GL", Family::lagrange, interval | cubes, true, LagrangeVariant::gl_warped},
    {"DPC", Family::dpc, interval | cubes},
    {"Serendipity", Family::serendipity, interval | cubes},
    {"serendipity", Family::serendipity, interval | cubes},
    {"S", Family::serendipity, interval | cubes},
    {"Bubble", Family::bubble, interval | solids | cubes},
    {"bubble", Family::bubble, interval | solids | cubes},
    {"B", Family::bubble, interval | solids | cubes},
    {"Crouzeix-Raviart", Family::crouzeix_raviart, solids},
    {"CR", Family::crouzeix_raviart, solids},
    {"Hermite", Family::hermite, interval | solids},
    {"HER", Family::hermite, interval | solids},
    {"Raviart-Thomas", Family::raviart_thomas, solids | cubes},
    {"RT", Family::raviart_thomas, solids | cubes},
    {"RTF", Family::raviart_thomas, solids},
    {"N1F", Family::raviart_thomas, solids | cubes},
    {"N1div", Family::raviart_thomas, solids | cubes},
    {"Nedelec 1st kind H(div)", Family::raviart_thomas, solids | cubes},
    {"RTCF", Family::raviart_thomas, quadrilateral},
    {"NCF", Family::raviart_thomas, hexahedron},
    {"DRT", Family::raviart_thomas, solids | cubes, true},
    {"Brezzi-Douglas-Marini", Family::bdm, solids | cubes},
    {"BDM", Family::bdm, solids | cubes},
    {"BDMF", Family::bdm, solids},
    {"N2F", Family::bdm, solids | cubes},
    {"N2div", Family::bdm, solids | cubes},
    {"Nedelec 2nd kind H(div)", Family::bdm, solids | cubes},
    {"BDMCF", Family::bdm, quadrilateral},
    {"AAF", Family::bdm, hexahedron},
    {"N1E", Family::nedelec_first, solids | cubes},
    {"N1curl", Family::nedelec_first, solids | cubes},
    {"Nedelec 1st kind H(curl)", Family::nedelec_first, solids | cubes},
    {"RTE", Family::nedelec_first, triangle},
    {"RTCE", Family::nedelec_first, quadrilateral},
    {"NCE", Family::nedelec_first, hexahedron},
    {"N2E", Family::nedelec_second, solids | cubes},
    {"N2curl", Family::nedelec_second, solids | cubes},
    {"Nedelec 2nd kind H(curl)", Family::nedelec_second, solids | cubes},
    {"BDME", Family::nedelec_second, triangle},
    {"BDMCE", Family::nedelec_second, quadrilateral},
    {"AAE", Family::nedelec_second, hexahedron},
    {"Regge", Family::regge, solids},
    {"HHJ", Family::hhj, triangle},
    {"Hellan-Herrmann-Johnson", Family::hhj, triangle},
    {"Quadrature", Family::quadrature},
    {"Quad", Family::quadrature},
    {"Real", Family::real},
    {"R", Family::real},
};

// Families that ufl or basix know and we do not implement.
constexpr std::string_view other_families[] = {"ARG",
                                               "AW",
                                               "Argyris",
                                               "Arnold-Winther",
                                               "BDFM",
                                               "Boundary Quadrature",
                                               "Brezzi-Douglas-Fortin-Marini",
                                               "Bell",
                                               "CTPC",
                                               "DGT",
                                               "DPC L2",
                                               "Direct Serendipity",
                                               "Discontinuous Lagrange Trace",
                                               "Discontinuous Taylor",
                                               "FB",
                                               "FacetBubble",
                                               "GNS",
                                               "HCT",
                                               "HDiv Trace",
                                               "HDivT",
                                               "Hsieh-Clough-Tocher",
                                               "KMV",
                                               "Kong-Mulder-Veldhuizen",
                                               "MOR",
                                               "MTW",
                                               "Mardal-Tai-Winther",
                                               "Morley",
                                               "SPCE",
                                               "SPCF",
                                               "Sminus",
                                               "TDG",
                                               "custom",
                                               "iso"};

/// Names of the members of Basix's enumerations, in the order of ours.
constexpr std::array lagrange_variants = {
    "gll_warped",       "equispaced",      "gll_isaac",          "gll_centroid",
    "chebyshev_warped", "chebyshev_isaac", "chebyshev_centroid", "gl_warped",
    "gl_isaac",         "gl_centroid",     "legendre",           "bernstein"};
constexpr std::array dpc_variants = {
    "legendre",       "simplex_equispaced",  "simplex_gll", "horizontal_equispaced",
    "horizontal_gll", "diagonal_equispaced", "diagonal_gll"};

bool is_lagrange(const Element& element) {
  return element.family == Family::lagrange || element.family == Family::discontinuous_lagrange;
}

std::string family_text(const Args& args, std::size_t k) {
  const auto* member = args[k].get<EnumMember>();
  if (member != nullptr && member->enumeration == "ElementFamily") return member->name;
  return args.text(k);
}

const FamilyName* find_family(std::string_view name) {
  const auto* known = std::ranges::find(family_names, name, &FamilyName::name);
  return known == std::end(family_names) ? nullptr : known;
}

[[noreturn]] void unknown_family(const Args& args, std::size_t k, const std::string& name) {
  if (std::ranges::find(other_families, name) != std::end(other_families)) {
    args.fail(k, fmt::format("the element family '{}' is not supported", name));
  }
  std::vector<std::string> names;
  for (const FamilyName& family : family_names) names.emplace_back(family.name);
  const std::string nearest = nearest_name(name, names);
  args.fail(k, fmt::format("unknown element family '{}'{}", name,
                           nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
}

/// The name of a member of an enumeration, or of a variant in the older dialect.
std::optional<std::string> variant_text(const Args& args, std::size_t k, const char* enumeration) {
  if (!given(args, k)) return std::nullopt;
  std::string name;
  if (const auto* member = args[k].get<EnumMember>();
      member != nullptr && member->enumeration == enumeration) {
    name = member->name;
  } else if (args[k].is<std::string>()) {
    name = args[k].as<std::string>();
  } else {
    args.fail(
        k, fmt::format("expected a member of basix.{} but got {}", enumeration, kind_of(args[k])));
  }
  if (name == "unset") return std::nullopt;
  return name;
}

template <std::size_t n>
std::size_t variant_number(const Args& args, std::size_t k, const std::array<const char*, n>& names,
                           const std::string& name) {
  const auto it = std::ranges::find(names, std::string_view(name));
  if (it == names.end()) {
    const std::string nearest =
        nearest_name(name, std::vector<std::string>(names.begin(), names.end()));
    args.fail(k,
              fmt::format("unknown variant '{}'{}", name,
                          nearest.empty() ? fmt::format(" (there are {})", fmt::join(names, ", "))
                                          : fmt::format(" (did you mean '{}'?)", nearest)));
  }
  return static_cast<std::size_t>(it - names.begin());
}

}  // namespace

CellType cell_argument(const Args& args, std::size_t k) {
  const Value& value = args[k];
  if (const auto* cell = value.get<CellType>()) return *cell;
  if (const auto* mesh = value.get<MeshValue>()) return mesh->domain.cell;
  std::string name;
  if (const auto* member = value.get<EnumMember>();
      member != nullptr && member->enumeration == "CellType") {
    name = member->name;
  } else if (value.is<std::string>()) {
    name = value.as<std::string>();
  } else {
    args.fail(k, fmt::format("expected a cell but got {}", kind_of(value)));
  }
  if (const auto cell = meshes::cell_type_of(name)) return *cell;
  static constexpr std::array known = {"vertex", "point", "tesseract", "pentatope"};
  if (std::ranges::find(known, name) != known.end()) {
    args.fail(k, fmt::format("the cell '{}' is not supported", name));
  }
  std::vector<std::string> names;
  for (const CellType cell : meshes::kCellTypes) names.emplace_back(meshes::name_of(cell));
  const std::string nearest = nearest_name(name, names);
  args.fail(k, nearest.empty()
                   ? fmt::format("unknown cell '{}' ({} are known)", name, fmt::join(names, ", "))
                   : fmt::format("unknown cell '{}' (did you mean '{}'?)", name, nearest));
}

Element named_family(const Args& args, std::size_t k, CellType cell, std::string_view prefix) {
  std::string text = family_text(args, k);
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  const FamilyName* known = find_family(text);
  bool discontinuous = false;
  if (static constexpr std::string_view broken = "Discontinuous ";
      known == nullptr && text.starts_with(broken)) {
    known = find_family(std::string_view(text).substr(broken.size()));
    discontinuous = true;
  }
  if (known == nullptr) unknown_family(args, k, text);
  if ((known->cells & bit(cell)) == 0) {
    const char* article = cell == CellType::interval ? "an" : "a";
    args.fail(
        k, fmt::format("there is no element '{}' on {} {}", text, article, meshes::name_of(cell)));
  }
  Element element;
  element.family = known->family;
  element.cell = cell;
  element.lagrange_variant = known->variant;
  element.degree = 0;
  if (element.family == Family::quadrature) element.scheme = "default";
  // Basix's DPC elements of an interval are Lagrange's.
  if (element.family == Family::dpc && cell == CellType::interval) {
    element.family = Family::discontinuous_lagrange;
  }
  if (discontinuous || known->discontinuous) make_discontinuous(element);
  return element;
}

int degree_argument(const Args& args, std::size_t k) {
  return static_cast<int>(std::clamp<std::int64_t>(args.integer(k), -1, 1'000'000));
}

Element named_element(const Args& args, std::size_t k, CellType cell, std::size_t degree) {
  Element element = named_family(args, k, cell);
  if (given(args, degree)) {
    element.degree = degree_argument(args, degree);
  } else if (element.family != Family::real) {
    args.fail(fmt::format("the degree of '{}' is missing", family_text(args, k)));
  }
  return element;
}

void make_discontinuous(Element& element) {
  switch (element.family) {
    case Family::lagrange:
      element.family = Family::discontinuous_lagrange;
      return;
    case Family::discontinuous_lagrange:
    case Family::dpc:
    case Family::quadrature:
    case Family::real:
      return;
    default:
      element.discontinuous = true;
  }
}

void set_lagrange_variant(const Args& args, std::size_t k, Element& element) {
  if (const auto name = variant_text(args, k, "LagrangeVariant")) {
    const auto variant =
        static_cast<LagrangeVariant>(variant_number(args, k, lagrange_variants, *name));
    if (is_lagrange(element)) {
      element.lagrange_variant = variant;
    } else if (variant != LagrangeVariant::legendre) {
      // Legendre's polynomials define the moments of the other families.
      args.fail(k, fmt::format("the Lagrange variant '{}' is not for this family", *name));
    }
  }
}

void set_dpc_variant(const Args& args, std::size_t k, Element& element) {
  const auto name = variant_text(args, k, "DPCVariant");
  if (!name) return;
  const auto variant = static_cast<DpcVariant>(variant_number(args, k, dpc_variants, *name));
  if (element.family == Family::dpc || element.family == Family::serendipity) {
    element.dpc_variant = variant;
  } else if (variant != DpcVariant::legendre) {
    args.fail(k, fmt::format("the DPC variant '{}' is not for this family", *name));
  }
}

void check_made(Evaluator& ev, const Args& args, std::size_t k, const Element& element) {
  try {
    check_element(element);
  } catch (const InputError& e) {
    throw ev.error(args.has(k) ? args.where(k) : args.where(), e.what());
  }
}

}  // namespace femsynth::fem

#include "tests/fuzz/random_forms/form_generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/fuzz/random_forms/expression_writer.hpp"

namespace femsynth::testing {
namespace {

struct Cell {
  const char* name;
  int dim;
  bool simplex;
  bool piola;  ///< has elements mapped by Piola transformations here
};
constexpr Cell kCells[] = {{"interval", 1, true, false},   {"triangle", 2, true, true},
                           {"tetrahedron", 3, true, true}, {"quadrilateral", 2, false, true},
                           {"hexahedron", 3, false, true}, {"prism", 3, false, false},
                           {"pyramid", 3, false, false}};
constexpr int kUsualCells = 5;
constexpr int kAllCells = 7;

/// An element, and the functions that its parts are: one, or more for a mixed element.
struct Space {
  std::string element;
  std::vector<Symbol> parts;  ///< names not yet given
};

/// Writes one form file, from top to bottom.
class FormWriter {
 public:
  FormWriter(std::uint64_t seed, const GeneratorOptions& options)
      : random_(seed),
        options_(options),
        cell_(kCells[random_.below(has(Feature::geometry) ? kAllCells : kUsualCells)]),
        dim_(cell_.dim) {}

  RandomForm write() {
    complex_ = has(Feature::complex) && random_.chance(25);
    head();
    rank_ = random_.below(3);
    spaces();
    coefficients();
    std::string form;
    const int integrals = 1 + random_.below(2);
    for (int k = 0; k < integrals; ++k) form += (k > 0 ? " + " : "") + integral(rank_);
    if (has(Feature::derivatives) && !complex_ && rank_ > 0 && random_.chance(40)) {
      form = differentiated();
    } else if (has(Feature::derivatives) && rank_ == 2 && random_.chance(40)) {
      form = transformed(form);
    }
    return {text_ + "form = " + form + "\n", complex_};
  }

 private:
  bool has(Feature feature) const { return options_.features.count(feature) > 0; }

  void head() {
    int degree = 1;
    if (has(Feature::geometry)) {
      if (cell_.dim < 3 && random_.chance(20)) dim_ = cell_.dim + 1;
      if (random_.chance(20)) degree = 2;
    }
    straight_ = degree == 1;
    text_ = "from basix.ufl import *\nfrom ufl import *\n\n";
    text_ += fmt::format("mesh = Mesh(element(\"P\", \"{}\", {}, shape=({},)))\n", cell_.name,
                         degree, dim_);
    text_ += "x = SpatialCoordinate(mesh)\nn = FacetNormal(mesh)\n";
  }

  /// An element of one of the three shapes; those of functions with many components have a low
  /// degree.
  Space plain_space(bool argument) {
    const Rank rank = random_.chance(55)   ? Rank::scalar
                      : random_.chance(75) ? Rank::vector
                                           : Rank::matrix;
    const bool discontinuous = random_.chance(25);
    int highest = cell_.dim == 3 ? 2 : 3;
    if (rank != Rank::scalar) highest = cell_.dim == 3 && argument ? 1 : 2;
    if (rank == Rank::matrix || (cell_.dim == 3 && !straight_)) highest = 1;
    const int lowest = discontinuous ? 0 : 1;
    const int degree = lowest + random_.below(highest - lowest + 1);
    const char* family = discontinuous ? (cell_.simplex ? "DG" : "DQ") : "P";
    const std::string shape = rank == Rank::scalar   ? ""
                              : rank == Rank::vector ? fmt::format(", shape=({},)", dim_)
                                                     : fmt::format(", shape=({0}, {0})", dim_);
    return {fmt::format("element(\"{}\", \"{}\", {}{})", family, cell_.name, degree, shape),
            {{"", rank, degree > 0}}};
  }

  /// An element whose functions are mapped by a Piola transformation.
  Space piola_space(bool argument) {
    const int degree = 1 + random_.below(cell_.dim == 3 && argument ? 1 : 2);
    const std::string family = cell_.simplex ? random_.pick({"RT", "N1curl", "BDM", "N2curl"})
                                             : random_.pick({"RT", "N1curl"});
    if (cell_.simplex && cell_.dim == 2 && random_.chance(25)) {
      const std::string both = random_.pick({"Regge", "HHJ"});
      return {fmt::format("element(\"{}\", \"{}\", {})", both, cell_.name, degree - 1),
              {{"", Rank::matrix, true}}};
    }
    return {fmt::format("element(\"{}\", \"{}\", {})", family, cell_.name, degree),
            {{"", Rank::vector, true}}};
  }

  Space space(bool argument) {
    if (has(Feature::piola) && cell_.piola && random_.chance(25)) {
      return piola_space(argument);
    }
    if (!has(Feature::mixed) || !random_.chance(25)) return plain_space(argument);
    const Space a = plain_space(true);
    const Space b = plain_space(true);
    return {fmt::format("mixed_element([{}, {}])", a.element, b.element), {a.parts[0], b.parts[0]}};
  }

  /// Declares a function of a space; a mixed one by its parts.
  std::vector<Symbol> declare(const std::string& name, const std::string& maker,
                              const std::string& space_name, std::vector<Symbol> parts) {
    text_ += fmt::format("{} = {}({})\n", name, maker, space_name);
    if (parts.size() == 1) {
      parts[0].name = name;
      return parts;
    }
    std::string names;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      parts[k].name = fmt::format("{}_{}", name, k);
      names += (k > 0 ? ", " : "") + parts[k].name;
    }
    text_ += fmt::format("{} = split({})\n", names, name);
    return parts;
  }

  void spaces() {
    test_ = space(true);
    trial_ = random_.chance(70) ? test_ : space(true);
    text_ += fmt::format("V0 = FunctionSpace(mesh, {})\n", test_.element);
    text_ += fmt::format("V1 = FunctionSpace(mesh, {})\n", trial_.element);
    if (rank_ > 0) test_.parts = declare("v", "TestFunction", "V0", test_.parts);
    if (rank_ > 1) trial_.parts = declare("u", "TrialFunction", "V1", trial_.parts);
  }

  void coefficients() {
    const auto add = [&](std::vector<Symbol> parts) {
      scope_.values.insert(scope_.values.end(), parts.begin(), parts.end());
    };
    scope_.dim = dim_;
    scope_.complex = complex_;
    scope_.differentiation = has(Feature::derivatives);
    text_ += "c = Constant(mesh)\n";
    add({{"c", Rank::scalar, false}});
    if (has(Feature::geometry) && straight_ && random_.chance(30)) {
      const std::string size = cell_.simplex
                                   ? random_.pick({"CellVolume", "Circumradius", "CellDiameter"})
                                   : random_.pick({"CellVolume", "CellDiameter"});
      text_ += fmt::format("h = {}(mesh)\n", size);
      add({{"h", Rank::scalar, false}});
    }
    if (random_.chance(30)) {
      text_ += fmt::format("b = Constant(mesh, shape=({},))\n", dim_);
      add({{"b", Rank::vector, false}});
    }
    const int count = 1 + random_.below(3);
    for (int k = 0; k < count; ++k) {
      Space w = space(false);
      text_ += fmt::format("W{} = FunctionSpace(mesh, {})\n", k, w.element);
      add(declare(fmt::format("f{}", k), "Coefficient", fmt::format("W{}", k), w.parts));
    }
  }

  std::string measure(const char* name) {
    std::string arguments = "domain=mesh";
    if (random_.chance(20)) {
      arguments = random_.pick({"1", "2", "(1, 3)"}) + ", " + arguments;
    }
    // Most integrands have no exact rule, and an estimated degree would be high.
    if (random_.chance(70)) arguments += fmt::format(", degree={}", random_.below(4));
    return fmt::format("{}({})", name, arguments);
  }

  /// A scalar integrand of that rank; linear in the conjugate of the test function if it is
  /// complex.
  std::string integrand(ExpressionWriter& writer, int rank, int depth) {
    if (rank == 0) return writer.value(Rank::scalar, depth);
    if (rank == 1 && !complex_) return writer.linear(test_.parts, Rank::scalar, depth);
    const int part = depth - 1;
    const std::vector<Rank> shapes = {Rank::scalar, Rank::vector, Rank::matrix};
    const Rank shape = random_.pick(shapes);
    const std::string u =
        rank == 1 ? writer.value(shape, part) : writer.linear(trial_.parts, shape, part);
    const std::string v = writer.linear(test_.parts, shape, part);
    std::string product = fmt::format("inner({}, {})", u, v);
    if (random_.chance(50)) return product;
    return fmt::format("({})*{}", writer.value(Rank::scalar, part), product);
  }

  std::string restricted(const std::string& expression) {
    const std::string pattern = random_.chance(30)   ? "avg({})"
                                : random_.chance(40) ? "jump({})"
                                : random_.chance(50) ? "({})('+')"
                                                     : "({})('-')";
    return fmt::format(fmt::runtime(pattern), expression);
  }

  /// An integrand on interior facets: each factor on a side, or its jump or average.
  std::string interior_integrand(ExpressionWriter& writer, int rank, int depth) {
    // A number has no sides.
    std::string product =
        restricted("c*" + writer.value(Rank::scalar, rank == 0 ? depth : depth - 2));
    if (rank > 0) {
      const std::string v = restricted(writer.linear(test_.parts, Rank::scalar, depth - 1));
      product += complex_ ? fmt::format("*conj({})", v) : "*" + v;
    }
    if (rank > 1) {
      product += "*" + restricted(writer.linear(trial_.parts, Rank::scalar, depth - 1));
    }
    return product;
  }

  std::string integral(int rank) {
    const bool interior = has(Feature::interior_facets) && random_.chance(25);
    const bool exterior = !interior && random_.chance(25);
    Scope scope = scope_;
    scope.normal = interior || exterior;
    ExpressionWriter writer(random_, scope);
    const int depth = 1 + random_.below(options_.depth);
    const char* name = interior ? "dS" : exterior ? "ds" : "dx";
    const std::string text =
        interior ? interior_integrand(writer, rank, depth) : integrand(writer, rank, depth);
    return fmt::format("({})*{}", text, measure(name));
  }

  /// A form of one rank less that depends on w0, a function of the last space, differentiated.
  std::string differentiated() {
    const bool bilinear = rank_ == 2;
    const Space& w = bilinear ? trial_ : test_;
    const auto parts = declare("w0", "Coefficient", bilinear ? "V1" : "V0", w.parts);
    scope_.values.insert(scope_.values.end(), parts.begin(), parts.end());
    ExpressionWriter writer(random_, scope_);
    const std::string on_w = writer.linear(parts, Rank::scalar, 1);
    const int depth = std::max(1, options_.depth - 1);
    text_ += fmt::format("F = (({}) + ({})**2)*({})*{}\n", integrand(writer, 0, depth), on_w,
                         bilinear ? integrand(writer, 1, depth) : integrand(writer, 0, depth),
                         measure("dx"));
    return fmt::format("derivative(F, w0, {})", bilinear ? "u" : "v");
  }

  /// A form made of a bilinear one.
  std::string transformed(const std::string& form) {
    text_ += fmt::format("a = {}\n", form);
    switch (random_.below(3)) {
      case 0:
        text_ += "g = Coefficient(V1)\n";
        return "action(a, g)";
      case 1:
        return "adjoint(a)";
      default:
        return "lhs(a - action(a, Coefficient(V1)))";
    }
  }

  Random random_;
  GeneratorOptions options_;
  Cell cell_;
  int dim_;  ///< geometric dimension
  bool straight_ = true;
  bool complex_ = false;
  int rank_ = 0;
  Space test_;
  Space trial_;
  Scope scope_;
  std::string text_;
};

}  // namespace

const std::map<std::string, Feature>& feature_names() {
  static const std::map<std::string, Feature> names = {
      {"interior_facets", Feature::interior_facets},
      {"mixed", Feature::mixed},
      {"derivatives", Feature::derivatives},
      {"complex", Feature::complex},
      {"piola", Feature::piola},
      {"geometry", Feature::geometry}};
  return names;
}

RandomForm random_form(std::uint64_t seed, const GeneratorOptions& options) {
  return FormWriter(seed, options).write();
}

}  // namespace femsynth::testing

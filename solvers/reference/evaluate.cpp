#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/entity_walk.hpp"
#include "solvers/reference/reference.hpp"
#include "solvers/reference/space_checks.hpp"

namespace femsynth::solvers {
namespace {

using Form = ReferenceForm;

/// Sums of contributions to the entries of a result.
struct Sums {
  explicit Sums(std::size_t n) : totals(n), cells(n, 0) {}
  std::vector<Number> totals;
  std::vector<std::int32_t> cells;  ///< entities that contributed

  void add(std::size_t i, const Number& n) {
    totals[i].value += n.value;
    totals[i].magnitude += n.magnitude;
    totals[i].error += n.error;
    ++cells[i];
  }
  /// The bound: each contribution's, and the rounding of the sum over points and cells.
  ReferenceValues finish(std::size_t points, double u) const {
    ReferenceValues result;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      const auto terms = static_cast<double>(points + static_cast<std::size_t>(cells[i]));
      result.value.push_back(totals[i].value);
      result.magnitude.push_back(totals[i].magnitude);
      result.bound.push_back(kBoundSafety * (totals[i].error + terms * u * totals[i].magnitude));
    }
    return result;
  }
};

/// Evaluates one integral of a form on one mesh. Complex numbers are pairs of lanes.
class IntegralEvaluator {
 public:
  IntegralEvaluator(Form& form, Form::Integral& integral, const meshes::Mesh& mesh,
                    ReferenceBases& bases, const ReferenceSpaces& spaces,
                    std::span<const ReferenceInputs> inputs, double u)
      : form_(form),
        integral_(integral),
        spaces_(spaces),
        inputs_(inputs),
        u_(u),
        width_(form.width()),
        walk_(integral, mesh, bases, u) {}

  /// Calls visit() for each entity of the integral's domain, with all set.
  template <class Visit>
  void for_each_entity(const EntityWalk::Open& open, Visit visit) {
    walk_.for_each(open, [&] {
      enter();
      visit();
    });
  }

  std::size_t points() const { return walk_.points(); }

  /// Adds the entity's part of a functional, a vector or an action, input by input.
  void add_vector(std::span<Sums> sums) {
    if (form_.rank() == 0) {
      for (std::size_t s = 0; s < inputs_.size(); ++s) {
        for (std::size_t p = 0; p < width_; ++p) {
          Number total;
          for (std::size_t q = 0; q < points(); ++q) {
            accumulate(total, outputs_[p].at(s * points() + q));
          }
          sums[s].add(p, total);
        }
      }
      return;
    }
    for (std::size_t t = 0; t < integral_.tests.size(); ++t) {
      const Lanes* factor = test_factor(t);
      if (factor == nullptr) continue;
      for_each_dof(integral_.tests[t], *spaces_.arguments[0],
                   [&](std::size_t dof, const Lanes& phi, std::size_t first) {
                     for (std::size_t s = 0; s < inputs_.size(); ++s) {
                       for (std::size_t p = 0; p < width_; ++p) {
                         sums[s].add(dof * width_ + p,
                                     contract(factor[p], s * points(), phi, first));
                       }
                     }
                   });
    }
  }

  /// Adds the entity's part of a matrix with so many columns, of the first input.
  void add_matrix(Sums& sums, std::size_t columns) {
    std::vector<Lanes> scaled(width_, Lanes(points()));
    for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
      const auto& term = integral_.terms[k];
      const Form::Source& test = integral_.tests[static_cast<std::size_t>(term.test)];
      const Form::Source& trial = integral_.trials[static_cast<std::size_t>(term.trial)];
      for_each_dof(
          test, *spaces_.arguments[0], [&](std::size_t row, const Lanes& psi, std::size_t first) {
            for (std::size_t p = 0; p < width_; ++p) {
              for (std::size_t q = 0; q < points(); ++q) {
                scaled[p].set(q, multiply(outputs_[k * width_ + p].at(q), psi.at(first + q), u_));
              }
            }
            for_each_dof(trial, *spaces_.arguments[1],
                         [&](std::size_t column, const Lanes& phi, std::size_t begin) {
                           for (std::size_t p = 0; p < width_; ++p) {
                             sums.add((row * columns + column) * width_ + p,
                                      contract(scaled[p], 0, phi, begin));
                           }
                         });
          });
    }
  }

 private:
  static void accumulate(Number& total, const Number& n) {
    total.value += n.value;
    total.magnitude += n.magnitude;
    total.error += n.error;
  }

  /// visit(global dof, lanes, first lane) for each basis function of a source on its side.
  template <class Visit>
  void for_each_dof(const Form::Source& source, const fem::DofMap& map, Visit visit) const {
    for (const Form::Part& part : source.parts) {
      const Lanes& phi =
          walk_.at(source.leaf.side).shape({part.shape, part.component, source.slot});
      const int nodes = static_cast<int>(phi.size() / points());
      for (int n = 0; n < nodes; ++n) {
        visit(global_dof(map, walk_.cell(source.leaf.side), part.dof(n)), phi,
              static_cast<std::size_t>(n) * points());
      }
    }
  }

  /// Σ_q a_q b_q with its bound; the rounding of the sum itself is added in the end.
  Number contract(const Lanes& a, std::size_t a0, const Lanes& b, std::size_t b0) const {
    const double *av = a.value() + a0, *am = a.magnitude() + a0, *ae = a.error() + a0;
    const double *bv = b.value() + b0, *bm = b.magnitude() + b0, *be = b.error() + b0;
    Number total;
    for (std::size_t q = 0; q < points(); ++q) {
      const double m = am[q] * bm[q];
      total.value += av[q] * bv[q];
      total.magnitude += m;
      total.error += am[q] * be[q] + bm[q] * ae[q] + u_ * m;
    }
    return total;
  }

  void enter() {
    const std::size_t lanes = points() * inputs_.size();
    resize(leaves_, integral_.inputs.size(), lanes);
    resize(outputs_, integral_.terms.size() * width_, lanes);
    for (std::size_t i = 0; i < integral_.inputs.size(); ++i) fill(integral_.inputs[i], leaves_[i]);
    integral_.program.run(leaves_, outputs_, u_);
    for (Lanes& output : outputs_) {
      for (std::size_t l = 0; l < lanes; ++l) {
        output.set(l, multiply(output.at(l), walk_.at(0).weight(l % points()), u_));
      }
    }
    trials_filled_ = false;
  }

  static void resize(std::vector<Lanes>& all, std::size_t count, std::size_t lanes) {
    if (all.size() == count && (count == 0 || all[0].size() == lanes)) return;
    all.assign(count, Lanes(lanes));
  }

  /// What an integrand reads, at all points, for all inputs.
  void fill(const Form::Source& source, Lanes& out) const {
    const std::size_t n = points();
    const Leaf& leaf = source.leaf;
    const auto number = static_cast<std::size_t>(leaf.number);
    const auto part = static_cast<std::size_t>(int{leaf.part});
    for (std::size_t s = 0; s < inputs_.size(); ++s) {
      if (leaf.op == fem::Op::coefficient) {
        interpolate(source, part, *spaces_.coefficients[number], inputs_[s].coefficients[number],
                    out, s);
        continue;
      }
      for (std::size_t q = 0; q < n; ++q) out.set(s * n + q, read(leaf, s, q));
    }
  }

  Number read(const Leaf& leaf, std::size_t s, std::size_t q) const {
    const auto component = static_cast<std::size_t>(leaf.component);
    EntityValues& at = walk_.at(leaf.side);
    switch (leaf.op) {
      case fem::Op::constant: {
        const auto number = static_cast<std::size_t>(leaf.number);
        const std::size_t i = component * width_ + static_cast<std::size_t>(leaf.part);
        const double c = inputs_[s].constants[number][i];
        return {c, std::abs(c), 0.0};
      }
      case fem::Op::spatial_coordinate:
        return at.x(q, component);
      case fem::Op::facet_normal:
        return leaf.order() > 0 ? at.quantity(leaf, q) : at.normal(q, component);
      case fem::Op::geometric_quantity:
        return at.quantity(leaf, q);
      default:
        throw InternalError(fmt::format("the oracle reads a {}", fem::name_of(leaf.op)));
    }
  }

  /// Σ_n φ_n w_n at all points, for input `s`; `part` of complex dofs w.
  void interpolate(const Form::Source& source, std::size_t part, const fem::DofMap& map,
                   std::span<const double> w, Lanes& out, std::size_t s) const {
    const std::size_t n = points();
    double* const v = out.value() + s * n;
    double* const m = out.magnitude() + s * n;
    double* const e = out.error() + s * n;
    std::fill_n(v, n, 0.0);
    std::fill_n(m, n, 0.0);
    std::fill_n(e, n, 0.0);
    double steps = 1.0;
    for_each_dof(source, map, [&](std::size_t dof, const Lanes& phi, std::size_t first) {
      const double value = w[dof * width_ + part];
      const double size = std::abs(value);
      for (std::size_t q = 0; q < n; ++q) {
        v[q] += phi.value()[first + q] * value;
        m[q] += phi.magnitude()[first + q] * size;
        e[q] += phi.error()[first + q] * size;
      }
      steps += 1.0;
    });
    // A kernel computes a coefficient's value as a whole before it goes into anything that is
    // not linear; a trial function is only in the product A x, whose sums may be in any order.
    const bool as_a_whole = source.leaf.op == fem::Op::coefficient;
    for (std::size_t q = 0; q < n; ++q) {
      e[q] += steps * u_ * m[q];
      if (as_a_whole) m[q] = std::abs(v[q]);
    }
  }

  /// The factor of a test leaf (`width_` of them); at rank 2 Σ over trial leaves of factor · trial
  /// function. Null if there is none.
  const Lanes* test_factor(std::size_t t) {
    if (form_.rank() == 1) {
      for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
        if (integral_.terms[k].test == static_cast<int>(t)) return &outputs_[k * width_];
      }
      return nullptr;
    }
    fill_trials();
    bool any = false;
    for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
      if (integral_.terms[k].test != static_cast<int>(t)) continue;
      if (!any) sum_.assign(width_, Lanes(points() * inputs_.size()));
      any = true;
      add_product(&outputs_[k * width_],
                  &trials_[static_cast<std::size_t>(integral_.terms[k].trial) * width_]);
    }
    return any ? sum_.data() : nullptr;
  }

  /// sum += a · b, of complex numbers if there are two lanes to each.
  void add_product(const Lanes* a, const Lanes* b) {
    for (std::size_t l = 0; l < sum_[0].size(); ++l) {
      const auto product = [&](std::size_t i, std::size_t j) {
        return multiply(a[i].at(l), b[j].at(l), u_);
      };
      sum_[0].set(l, add(sum_[0].at(l), product(0, 0), u_));
      if (width_ == 1) continue;
      Number minus = product(1, 1);
      minus.value = -minus.value;
      sum_[0].set(l, add(sum_[0].at(l), minus, u_));
      sum_[1].set(l, add(sum_[1].at(l), add(product(0, 1), product(1, 0), u_), u_));
    }
  }

  void fill_trials() {
    if (trials_filled_) return;
    trials_filled_ = true;
    resize(trials_, integral_.trials.size() * width_, points() * inputs_.size());
    for (std::size_t m = 0; m < trials_.size(); ++m) {
      for (std::size_t s = 0; s < inputs_.size(); ++s) {
        interpolate(integral_.trials[m / width_], m % width_, *spaces_.arguments[1], inputs_[s].x,
                    trials_[m], s);
      }
    }
  }

  Form& form_;
  Form::Integral& integral_;
  const ReferenceSpaces& spaces_;
  std::span<const ReferenceInputs> inputs_;
  double u_;
  std::size_t width_;
  EntityWalk walk_;
  std::vector<Lanes> leaves_;   // parallel to integral_.inputs
  std::vector<Lanes> outputs_;  // of each term, width_ lanes: factor times weight
  std::vector<Lanes> trials_;   // of each of integral_.trials, width_ lanes
  std::vector<Lanes> sum_;      // width_ lanes
  bool trials_filled_ = false;
};

/// A mesh that the library opens when it is first asked for it.
class LazyMesh {
 public:
  LazyMesh(Backend& backend, const meshes::Mesh& mesh) : backend_(backend), mesh_(mesh) {}
  EntityWalk::Open open() {
    return [this]() -> BackendMesh& {
      if (!opened_) opened_ = backend_.open(mesh_);
      return *opened_;
    };
  }

 private:
  Backend& backend_;
  const meshes::Mesh& mesh_;
  std::unique_ptr<BackendMesh> opened_;
};

/// The oracle's own arithmetic is fp64, whatever the kernel's.
double combined_roundoff(double u) { return u + 0x1p-53; }

bool is_lagrange(const fem::Element& element) {
  return element.family == fem::Family::lagrange ||
         element.family == fem::Family::discontinuous_lagrange;
}

class LibraryReference final : public Reference {
 public:
  explicit LibraryReference(std::shared_ptr<Backend> backend)
      : backend_(std::move(backend)), bases_(*backend_) {}

  std::string name() const override { return backend_->name(); }
  std::string version() const override { return backend_->version(); }

  std::vector<ReferenceValues> evaluate(ReferenceForm& form, const meshes::Mesh& mesh,
                                        const ReferenceSpaces& spaces,
                                        std::span<const ReferenceInputs> inputs,
                                        double u) override {
    const std::size_t size = form.rank() == 0 ? 1 : spaces.arguments[0]->dof_count();
    std::vector<Sums> sums(inputs.size(), Sums(size * form.width()));
    LazyMesh lazy(*backend_, mesh);
    std::size_t points = 0;
    for (Form::Integral& integral : form.integrals()) {
      IntegralEvaluator evaluator(form, integral, mesh, bases_, spaces, inputs,
                                  combined_roundoff(u));
      evaluator.for_each_entity(lazy.open(), [&] { evaluator.add_vector(sums); });
      points = std::max(points, evaluator.points());
    }
    std::vector<ReferenceValues> results;
    for (const Sums& sum : sums) results.push_back(sum.finish(points, combined_roundoff(u)));
    return results;
  }

  ReferenceValues matrix(ReferenceForm& form, const meshes::Mesh& mesh,
                         const ReferenceSpaces& spaces, const ReferenceInputs& inputs,
                         double u) override {
    if (form.rank() != 2) throw InternalError("only a bilinear form has a matrix");
    const std::size_t rows = spaces.arguments[0]->dof_count();
    const std::size_t columns = spaces.arguments[1]->dof_count();
    if (rows > max_matrix_entries / std::max<std::size_t>(columns, 1)) {
      throw InputError(fmt::format("a dense {} × {} matrix; at most {} entries are compared", rows,
                                   columns, max_matrix_entries));
    }
    Sums sums(rows * columns * form.width());
    LazyMesh lazy(*backend_, mesh);
    std::size_t points = 0;
    for (Form::Integral& integral : form.integrals()) {
      IntegralEvaluator evaluator(form, integral, mesh, bases_, spaces, std::span(&inputs, 1),
                                  combined_roundoff(u));
      evaluator.for_each_entity(lazy.open(), [&] { evaluator.add_matrix(sums, columns); });
      points = std::max(points, evaluator.points());
    }
    return sums.finish(points, combined_roundoff(u));
  }

  std::string check_numbering(const meshes::Mesh& mesh, const fem::Element& element,
                              const fem::DofMap& dof_map) override {
    if (!is_lagrange(element) || !has_nodal_basis(element) || !is_classical(mesh)) {
      return check_conformity(bases_, mesh, element, dof_map);
    }
    fem::Element scalar = element;
    scalar.shape.clear();
    scalar.symmetric = false;
    return backend_->open(mesh)->check_numbering(scalar, fem::nodes(scalar), dof_map);
  }

  bool has_library_basis(const fem::Element& element) const override {
    const bool rational = element.cell == meshes::CellType::pyramid && element.degree > 1;
    return has_nodal_basis(element) && !rational;
  }

  std::string check_basis(const fem::Element& element) override {
    return check_reproduction(bases_, element);
  }

 private:
  std::shared_ptr<Backend> backend_;
  ReferenceBases bases_;
};

}  // namespace

std::unique_ptr<Reference> make_reference(std::shared_ptr<Backend> backend) {
  return std::make_unique<LibraryReference>(std::move(backend));
}

}  // namespace femsynth::solvers

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/entity_numbers.hpp"
#include "solvers/reference/reference.hpp"

namespace femsynth::solvers {
namespace {

using Form = ReferenceForm;
using fem::IntegralKind;

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

/// Evaluates one integral of a form on one mesh.
class IntegralEvaluator {
 public:
  IntegralEvaluator(Form& form, Form::Integral& integral, const meshes::Mesh& mesh,
                    const ReferenceSpaces& spaces, std::span<const ReferenceInputs> inputs,
                    double u)
      : form_(form),
        integral_(integral),
        mesh_(mesh),
        spaces_(spaces),
        inputs_(inputs),
        u_(u),
        numbers_(mesh.cell_type, integral.kind) {
    for (const auto* sources : {&integral.tests, &integral.trials, &integral.inputs}) {
      for (const Form::Source& source : *sources) {
        if (is_function(source.leaf.op)) numbers_.want(source.shape, source.slot);
      }
    }
  }

  /// Calls visit() for each cell or facet of the integral's domain, with all set.
  template <class Visit>
  void for_each_entity(BackendMesh& backend, Visit visit) {
    if (integral_.terms.empty()) return;
    std::vector<ShapeRequest> requests;
    for (const Form::Shape& shape : integral_.shapes) {
      requests.push_back({shape.element, fem::nodes(shape.element), shape.derivatives});
    }
    const std::size_t handle = backend.prepare(integral_.kind, integral_.rule, requests);
    if (integral_.kind == IntegralKind::cell) {
      for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
        if (!has(mesh_.cell_tags[c])) continue;
        enter(c, backend.at_cell(handle, c));
        visit();
      }
      return;
    }
    for (const meshes::ExteriorFacet& facet : mesh_.exterior_facets) {
      if (!has(facet.tag)) continue;
      const auto c = static_cast<std::size_t>(facet.cell);
      enter(c, backend.at_facet(handle, c, facet.local_facet));
      visit();
    }
  }

  std::size_t points() const { return numbers_.points(); }
  std::size_t cell() const { return cell_; }

  /// Adds the entity's part of a functional, a vector or an action, input by input.
  void add_vector(std::span<Sums> sums) {
    if (form_.rank() == 0) {
      for (std::size_t s = 0; s < inputs_.size(); ++s) {
        Number total;
        for (std::size_t q = 0; q < points(); ++q)
          accumulate(total, outputs_[0].at(s * points() + q));
        sums[s].add(0, total);
      }
      return;
    }
    for (std::size_t t = 0; t < integral_.tests.size(); ++t) {
      const Lanes* factor = test_factor(t);
      if (factor == nullptr) continue;
      const Form::Source& test = integral_.tests[t];
      const ShapeNumbers& shape = numbers_.shape(test.shape, test.slot);
      const auto nodes = spaces_.arguments[0]->cell(cell_);
      for (std::size_t n = 0; n < nodes.size(); ++n) {
        const std::size_t dof = dof_of(nodes[n], test);
        for (std::size_t s = 0; s < inputs_.size(); ++s) {
          sums[s].add(dof, contract(*factor, s * points(), shape.numbers, n * points()));
        }
      }
    }
  }

  /// Adds the entity's part of a matrix with so many columns, of the first input.
  void add_matrix(Sums& sums, std::size_t columns) {
    Lanes scaled(points());
    for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
      const auto& term = integral_.terms[k];
      const Form::Source& test = integral_.tests[static_cast<std::size_t>(term.test)];
      const Form::Source& trial = integral_.trials[static_cast<std::size_t>(term.trial)];
      const ShapeNumbers& row_shape = numbers_.shape(test.shape, test.slot);
      const ShapeNumbers& column_shape = numbers_.shape(trial.shape, trial.slot);
      const auto rows = spaces_.arguments[0]->cell(cell_);
      const auto cols = spaces_.arguments[1]->cell(cell_);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t q = 0; q < points(); ++q) {
          scaled.set(q, multiply(outputs_[k].at(q), row_shape.numbers.at(i * points() + q), u_));
        }
        for (std::size_t j = 0; j < cols.size(); ++j) {
          sums.add(dof_of(rows[i], test) * columns + dof_of(cols[j], trial),
                   contract(scaled, 0, column_shape.numbers, j * points()));
        }
      }
    }
  }

 private:
  static bool is_function(fem::Op op) {
    return op == fem::Op::coefficient || op == fem::Op::argument;
  }
  static std::size_t dof_of(std::int32_t node, const Form::Source& source) {
    return static_cast<std::size_t>(node) * static_cast<std::size_t>(source.block_size) +
           static_cast<std::size_t>(source.leaf.component);
  }
  bool has(int tag) const {
    const auto& ids = integral_.subdomains;
    return ids.empty() || std::find(ids.begin(), ids.end(), tag) != ids.end();
  }
  static void accumulate(Number& total, const Number& n) {
    total.value += n.value;
    total.magnitude += n.magnitude;
    total.error += n.error;
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

  void enter(std::size_t c, const EntityPoints& points) {
    cell_ = c;
    numbers_.update(points, u_);
    const std::size_t lanes = numbers_.points() * inputs_.size();
    resize(leaves_, integral_.inputs.size(), lanes);
    resize(outputs_, integral_.terms.size(), lanes);
    for (std::size_t i = 0; i < integral_.inputs.size(); ++i) fill(integral_.inputs[i], leaves_[i]);
    integral_.program.run(leaves_, outputs_, u_);
    for (Lanes& output : outputs_) {
      for (std::size_t l = 0; l < lanes; ++l) {
        output.set(l, multiply(output.at(l), numbers_.weight(l % numbers_.points()), u_));
      }
    }
    trials_filled_ = false;
  }

  static void resize(std::vector<Lanes>& all, std::size_t count, std::size_t lanes) {
    if (all.size() == count && (count == 0 || all[0].size() == lanes)) return;
    all.assign(count, Lanes(lanes));
  }

  /// A function, constant, coordinate or normal at all points, for all inputs.
  void fill(const Form::Source& source, Lanes& out) const {
    const std::size_t n = points();
    const Leaf& leaf = source.leaf;
    const auto number = static_cast<std::size_t>(leaf.number);
    const auto component = static_cast<std::size_t>(leaf.component);
    for (std::size_t s = 0; s < inputs_.size(); ++s) {
      if (leaf.op == fem::Op::coefficient) {
        interpolate(source, *spaces_.coefficients[number], inputs_[s].coefficients[number], out, s);
        continue;
      }
      for (std::size_t q = 0; q < n; ++q) {
        Number value;
        if (leaf.op == fem::Op::constant) {
          const double c = inputs_[s].constants[number][component];
          value = {c, std::abs(c), 0.0};
        } else if (leaf.op == fem::Op::spatial_coordinate) {
          value = numbers_.x(q, component);
        } else {
          value = numbers_.normal(q, component);
        }
        out.set(s * n + q, value);
      }
    }
  }

  /// Σ_n φ_n w_n at all points, for input `s`.
  void interpolate(const Form::Source& source, const fem::DofMap& map, std::span<const double> w,
                   Lanes& out, std::size_t s) const {
    const std::size_t n = points();
    const Lanes& phi = numbers_.shape(source.shape, source.slot).numbers;
    const auto nodes = map.cell(cell_);
    double* const v = out.value() + s * n;
    double* const m = out.magnitude() + s * n;
    double* const e = out.error() + s * n;
    std::fill_n(v, n, 0.0);
    std::fill_n(m, n, 0.0);
    std::fill_n(e, n, 0.0);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const double value = w[dof_of(nodes[k], source)];
      const double size = std::abs(value);
      for (std::size_t q = 0; q < n; ++q) {
        v[q] += phi.value()[k * n + q] * value;
        m[q] += phi.magnitude()[k * n + q] * size;
        e[q] += phi.error()[k * n + q] * size;
      }
    }
    const double steps = static_cast<double>(nodes.size()) + 1.0;
    // A kernel computes a coefficient's value as a whole before it goes into anything that is
    // not linear; a trial function is only in the product A x, whose sums may be in any order.
    const bool as_a_whole = source.leaf.op == fem::Op::coefficient;
    for (std::size_t q = 0; q < n; ++q) {
      e[q] += steps * u_ * m[q];
      if (as_a_whole) m[q] = std::abs(v[q]);
    }
  }

  /// The factor of a test leaf: at rank 2, Σ over trial leaves of factor · trial function.
  const Lanes* test_factor(std::size_t t) {
    const std::size_t lanes = points() * inputs_.size();
    if (form_.rank() == 1) {
      for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
        if (integral_.terms[k].test == static_cast<int>(t)) return &outputs_[k];
      }
      return nullptr;
    }
    fill_trials();
    bool any = false;
    for (std::size_t k = 0; k < integral_.terms.size(); ++k) {
      if (integral_.terms[k].test != static_cast<int>(t)) continue;
      if (!any) sum_ = Lanes(lanes);
      any = true;
      const Lanes& trial = trials_[static_cast<std::size_t>(integral_.terms[k].trial)];
      for (std::size_t l = 0; l < lanes; ++l) {
        sum_.set(l, add(sum_.at(l), multiply(outputs_[k].at(l), trial.at(l), u_), u_));
      }
    }
    return any ? &sum_ : nullptr;
  }

  void fill_trials() {
    if (trials_filled_) return;
    trials_filled_ = true;
    resize(trials_, integral_.trials.size(), points() * inputs_.size());
    for (std::size_t m = 0; m < trials_.size(); ++m) {
      for (std::size_t s = 0; s < inputs_.size(); ++s) {
        interpolate(integral_.trials[m], *spaces_.arguments[1], inputs_[s].x, trials_[m], s);
      }
    }
  }

  Form& form_;
  Form::Integral& integral_;
  const meshes::Mesh& mesh_;
  const ReferenceSpaces& spaces_;
  std::span<const ReferenceInputs> inputs_;
  double u_;
  EntityNumbers numbers_;
  std::size_t cell_ = 0;
  std::vector<Lanes> leaves_;   // parallel to integral_.inputs
  std::vector<Lanes> outputs_;  // parallel to integral_.terms: factor times weight
  std::vector<Lanes> trials_;   // parallel to integral_.trials
  Lanes sum_;
  bool trials_filled_ = false;
};

/// The oracle's own arithmetic is fp64, whatever the kernel's.
double combined_roundoff(double u) { return u + 0x1p-53; }

class LibraryReference final : public Reference {
 public:
  explicit LibraryReference(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::string name() const override { return backend_->name(); }
  std::string version() const override { return backend_->version(); }

  std::vector<ReferenceValues> evaluate(ReferenceForm& form, const meshes::Mesh& mesh,
                                        const ReferenceSpaces& spaces,
                                        std::span<const ReferenceInputs> inputs,
                                        double u) override {
    const std::size_t size = form.rank() == 0 ? 1 : spaces.arguments[0]->dof_count();
    std::vector<Sums> sums(inputs.size(), Sums(size));
    const auto backend = backend_->open(mesh);
    std::size_t points = 0;
    for (Form::Integral& integral : form.integrals()) {
      IntegralEvaluator evaluator(form, integral, mesh, spaces, inputs, combined_roundoff(u));
      evaluator.for_each_entity(*backend, [&] { evaluator.add_vector(sums); });
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
    Sums sums(rows * columns);
    const auto backend = backend_->open(mesh);
    std::size_t points = 0;
    for (Form::Integral& integral : form.integrals()) {
      IntegralEvaluator evaluator(form, integral, mesh, spaces, std::span(&inputs, 1),
                                  combined_roundoff(u));
      evaluator.for_each_entity(*backend, [&] { evaluator.add_matrix(sums, columns); });
      points = std::max(points, evaluator.points());
    }
    return sums.finish(points, combined_roundoff(u));
  }

  std::string check_numbering(const meshes::Mesh& mesh, const fem::Element& element,
                              const fem::DofMap& dof_map) override {
    return backend_->open(mesh)->check_numbering(element, fem::nodes(element), dof_map);
  }

 private:
  std::shared_ptr<Backend> backend_;
};

}  // namespace

std::unique_ptr<Reference> make_reference(std::shared_ptr<Backend> backend) {
  return std::make_unique<LibraryReference>(std::move(backend));
}

}  // namespace femsynth::solvers

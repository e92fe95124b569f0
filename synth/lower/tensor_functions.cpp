#include "synth/lower/tensor_functions.hpp"

#include <fmt/format.h>

#include "synth/kernel/build.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/pull_back.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Name of a copy's divergence or of a component of its curl.
std::string jet_name(const std::string& name, int copy, const CopyJet& jet) {
  return jet.derivative == kDivergence ? fmt::format("div_{}_{}", name, copy)
                                       : fmt::format("curl_{}_{}_{}", name, copy, jet.component);
}

}  // namespace

Statements TensorFunctions::evaluate(const PointFunction& function,
                                     const std::vector<JetReads>& reads, int number) {
  Statements out;
  for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
    const SubSpace& part = function.space->parts[p];
    if (!part.orders.any()) continue;
    if (part.piola()) {
      if (!reads[p].any()) continue;
      append(out, evaluate_piola(part, function.part_name(p), local_array(function.name), reads[p],
                                 number));
      continue;
    }
    const LineBasis basis = make_line_basis(context_, part.sub.basic, side(number), tables_);
    for (int block = 0; block < part.sub.block_size; ++block) {
      const auto dof = [&](Expression node) {
        return at(local_array(function.name),
                  {add(integer(part.sub.dof_offset + block),
                       multiply(integer(part.sub.block_size), std::move(node)))});
      };
      append(out, evaluate_at_points(basis,
                                     point_arrays(function.part_name(p), block, part.orders.has(0),
                                                  part.orders.has(1), context_.tdim),
                                     dof, arrays_));
    }
  }
  return out;
}

Statements TensorFunctions::evaluate_piola(const SubSpace& part, const std::string& name,
                                           const std::string& local, const JetReads& reads,
                                           int number) {
  Statements out;
  const PiolaBasis basis = make_piola_basis(context_, part.sub.basic, side(number), tables_);
  const JetOrders orders = reference_orders(reads.orders(), part.pull_back, context_.affine);
  const int t = context_.tdim;
  for (int copy = 0; copy < part.sub.block_size; ++copy) {
    const auto dof = [&](Expression node) {
      return at(local, {add(integer(part.sub.dof_offset + copy),
                            multiply(integer(part.sub.block_size), std::move(node)))});
    };
    const auto component = [&](int A, const std::vector<PointArray>& wanted) {
      append(out,
             evaluate_at_points(
                 basis.legendre, wanted,
                 [&](Expression node) { return legendre_coefficient(basis, A, std::move(node)); },
                 arrays_));
    };
    append(out, to_legendre(basis, dof, false, arrays_));
    const int along = basis.legendre.axes;
    for (int A = 0; A < t; ++A) {
      const int block = copy * t + A;
      std::vector<PointArray> wanted = point_arrays(name, block, orders.has(0), false, along);
      for (int e = 0; e < along; ++e) {
        const bool summand = e == A ? reads.divergence : reads.curl;
        if (orders.has(1) || summand) wanted.push_back({at_points(name, block, e), e});
      }
      component(A, wanted);
    }
    if (along == t || !orders.has(1)) continue;
    append(out, to_legendre(basis, dof, true, arrays_));
    for (int A = 0; A < t; ++A) {
      component(A, {{at_points(name, copy * t + A, along), -1}});
    }
  }
  return out;
}

Statements TensorFunctions::piola_jets(const SubSpace& part, const std::string& name,
                                       const JetReads& reads, int number) const {
  const int t = context_.tdim;
  const int size = part.sub.value_size;
  const std::vector<Expression>& q = points_.point(number);
  Statements out;
  if (reads.value) out.push_back(array(jet_array(name, 0), {part.components()}));
  if (reads.gradient) out.push_back(array(jet_array(name, 1), {part.components(), context_.dim}));
  // On facets the derivatives stand in the order of the facet's axes.
  const bool reorder = context_.points.on_facets() && reads.gradient;
  const int blocks = part.sub.block_size * t;
  if (reorder) out.push_back(array("ref_" + name, {blocks, t}, "∂/∂X_e"));
  for (int block = 0; block < blocks && reorder; ++block) {
    for (int k = 0; k < t; ++k) {
      const Expression e = points_.facet_axis(number, k);
      out.push_back(
          assign(at("ref_" + name, {integer(block), e}), at(at_points(name, block, k), q)));
    }
  }
  for (int copy = 0; copy < part.sub.block_size; ++copy) {
    const ReferenceJet reference = [&](int A, int order, int e) {
      const int block = copy * t + A;
      return order > 0 && reorder ? at("ref_" + name, {integer(block), integer(e)})
                                  : at(at_points(name, block, order > 0 ? e : -1), q);
    };
    const auto physical = [&](int i, int order, int k) {
      std::vector<Expression> place{integer(copy * size + i)};
      if (order > 0) place.push_back(integer(k));
      return at(jet_array(name, order), std::move(place));
    };
    append(out, physical_jet(points_.map(number), part.pull_back, reads.orders(), reference,
                             {physical, fmt::format("_{}_{}", name, copy)}));
    append(out, divergence_and_curl(name, copy, reads, number));
  }
  return out;
}

/// They are functions' own in cells alone.
Statements TensorFunctions::divergence_and_curl(const std::string& name, int copy,
                                                const JetReads& reads, int number) const {
  const int t = context_.tdim;
  const PointGeometry geometry = points_.read();
  const auto along = [&](int e, int A) {
    return at(at_points(name, copy * t + A, e), points_.point(number));
  };
  Statements out;
  if (reads.divergence) {
    std::vector<Expression> terms;
    for (int A = 0; A < t; ++A) terms.push_back(along(A, A));
    out.push_back(let(ValueType::real, jet_name(name, copy, {0, kDivergence}),
                      geometry.over_determinant(number, sum_of(std::move(terms)))));
  }
  if (!reads.curl) return out;
  if (t == 2) {
    out.push_back(let(ValueType::real, jet_name(name, copy, {0, kCurl}),
                      geometry.over_determinant(number, subtract(along(0, 1), along(1, 0)))));
    return out;
  }
  const auto reference = [&](int B) {
    return fmt::format("reference_curl_{}_{}_{}", name, copy, B);
  };
  for (int B = 0; B < 3; ++B) {
    const int a = (B + 1) % 3, b = (B + 2) % 3;
    out.push_back(let(ValueType::real, reference(B), subtract(along(a, b), along(b, a))));
  }
  for (int m = 0; m < 3; ++m) {
    std::vector<Expression> terms;
    for (int B = 0; B < 3; ++B) {
      terms.push_back(multiply(geometry.piola(number, fem::PullBack::contravariant_piola, m, B),
                               var(reference(B))));
    }
    out.push_back(let(ValueType::real, jet_name(name, copy, {m, kCurl}), sum_of(std::move(terms))));
  }
  return out;
}

Statements TensorFunctions::jets_at_point(const PointFunction& function,
                                          const std::vector<JetReads>& reads, int number) const {
  Statements out;
  const std::vector<Expression>& q = points_.point(number);
  for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
    const SubSpace& part = function.space->parts[p];
    const std::string name = function.part_name(p);
    if (part.piola()) {
      append(out, piola_jets(part, name, reads[p], number));
      continue;
    }
    if (part.orders.has(0)) out.push_back(array(jet_array(name, 0), {part.sub.block_size}));
    if (part.orders.has(1)) {
      out.push_back(array(jet_array(name, 1), {part.sub.block_size, context_.dim}));
    }
    for (int block = 0; block < part.sub.block_size; ++block) {
      if (part.orders.has(0)) {
        out.push_back(
            assign(at(jet_array(name, 0), {integer(block)}), at(at_points(name, block, -1), q)));
      }
      for (int k = 0; k < context_.dim && part.orders.has(1); ++k) {
        std::vector<Expression> terms;
        for (int e = 0; e < context_.tdim; ++e) {
          terms.push_back(
              multiply(points_.inverse(number, e, k), at(at_points(name, block, e), q)));
        }
        out.push_back(
            assign(at(jet_array(name, 1), {integer(block), integer(k)}), sum_of(std::move(terms))));
      }
    }
  }
  return out;
}

Expression function_jet(const PointFunction& function, const Jet& jet, const fem::Domain& domain) {
  if (jet.derivative >= 0) return jet_component(function, jet, domain);
  const FunctionSpace::Source source = function.space->sources(jet.component).front();
  const int size = function.space->parts[source.part].sub.value_size;
  return var(jet_name(function.part_name(source.part), source.component / size,
                      {source.component % size, jet.derivative}));
}

}  // namespace femsynth::synth

#include "fem/elements/basix_element.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "fem/elements/basix_cell.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using basix::element::dpc_variant;
using basix::element::family;
using basix::element::lagrange_variant;

lagrange_variant to_basix(LagrangeVariant variant) {
  switch (variant) {
    case LagrangeVariant::gll_warped:
      return lagrange_variant::gll_warped;
    case LagrangeVariant::equispaced:
      return lagrange_variant::equispaced;
    case LagrangeVariant::gll_isaac:
      return lagrange_variant::gll_isaac;
    case LagrangeVariant::gll_centroid:
      return lagrange_variant::gll_centroid;
    case LagrangeVariant::chebyshev_warped:
      return lagrange_variant::chebyshev_warped;
    case LagrangeVariant::chebyshev_isaac:
      return lagrange_variant::chebyshev_isaac;
    case LagrangeVariant::chebyshev_centroid:
      return lagrange_variant::chebyshev_centroid;
    case LagrangeVariant::gl_warped:
      return lagrange_variant::gl_warped;
    case LagrangeVariant::gl_isaac:
      return lagrange_variant::gl_isaac;
    case LagrangeVariant::gl_centroid:
      return lagrange_variant::gl_centroid;
    case LagrangeVariant::legendre:
      return lagrange_variant::legendre;
    case LagrangeVariant::bernstein:
      return lagrange_variant::bernstein;
  }
  throw InternalError("unknown variant of Lagrange elements");
}

dpc_variant to_basix(DpcVariant variant) {
  switch (variant) {
    case DpcVariant::legendre:
      return dpc_variant::legendre;
    case DpcVariant::simplex_equispaced:
      return dpc_variant::simplex_equispaced;
    case DpcVariant::simplex_gll:
      return dpc_variant::simplex_gll;
    case DpcVariant::horizontal_equispaced:
      return dpc_variant::horizontal_equispaced;
    case DpcVariant::horizontal_gll:
      return dpc_variant::horizontal_gll;
    case DpcVariant::diagonal_equispaced:
      return dpc_variant::diagonal_equispaced;
    case DpcVariant::diagonal_gll:
      return dpc_variant::diagonal_gll;
  }
  throw InternalError("unknown variant of DPC elements");
}

/// Basix has no warped points on pyramids. Up to degree 2 they are the equispaced ones.
lagrange_variant variant_of(const Element& element) {
  if (element.cell == meshes::CellType::pyramid && element.degree <= 2 &&
      element.lagrange_variant == LagrangeVariant::gll_warped) {
    return lagrange_variant::equispaced;
  }
  return to_basix(element.lagrange_variant);
}

basix::FiniteElement create(const Element& element) {
  const basix::cell::type cell = fem::to_basix(element.cell);
  const int degree = element.degree;
  const bool alone = element.discontinuous;
  // Moments are taken against orthonormal polynomials, Basix's default.
  constexpr auto moments = lagrange_variant::legendre;
  constexpr auto dpc_moments = dpc_variant::legendre;
  const auto with_variant = [&](family f) {
    return basix::create_element(f, cell, degree, moments, alone);
  };
  const auto with_variants = [&](family f) {
    return basix::create_element(f, cell, degree, moments, dpc_moments, alone);
  };
  switch (element.family) {
    case Family::lagrange:
      return basix::create_element(family::P, cell, degree, variant_of(element), false);
    case Family::discontinuous_lagrange:
      return basix::create_element(family::P, cell, degree, variant_of(element), true);
    case Family::dpc:
      return basix::create_element(family::DPC, cell, degree, to_basix(element.dpc_variant), true);
    case Family::serendipity:
      return with_variants(family::serendipity);
    case Family::bubble:
      // Its functions vanish on the boundary: it is its own discontinuous twin.
      return basix::create_element(family::bubble, cell, degree, false);
    case Family::crouzeix_raviart:
      return basix::create_element(family::CR, cell, degree, alone);
    case Family::hermite:
      return basix::create_element(family::Hermite, cell, degree, alone);
    case Family::raviart_thomas:
      return with_variant(family::RT);
    case Family::nedelec_first:
      return with_variant(family::N1E);
    case Family::bdm:
      return meshes::is_simplex(element.cell) ? with_variant(family::BDM)
                                              : with_variants(family::BDM);
    case Family::nedelec_second:
      return meshes::is_simplex(element.cell) ? with_variant(family::N2E)
                                              : with_variants(family::N2E);
    case Family::regge:
      return basix::create_element(family::Regge, cell, degree, alone);
    case Family::hhj:
      return basix::create_element(family::HHJ, cell, degree, alone);
    case Family::quadrature:
    case Family::real:
    case Family::mixed:
    case Family::enriched:
      break;
  }
  throw InternalError(fmt::format("{} is no element of Basix's", to_string(element)));
}

}  // namespace

bool is_basix_family(Family family) {
  switch (family) {
    case Family::quadrature:
    case Family::real:
    case Family::mixed:
    case Family::enriched:
      return false;
    default:
      return true;
  }
}

const basix::FiniteElement& basix_element(const Element& element) {
  // Creating an element costs up to seconds, so each is created once and kept for good:
  // references to it stay valid.
  using Key = std::tuple<Family, meshes::CellType, int, bool, LagrangeVariant, DpcVariant>;
  static std::mutex mutex;
  static std::map<Key, std::unique_ptr<const basix::FiniteElement>> cache;
  const std::scoped_lock lock(mutex);
  auto& entry = cache[{element.family, element.cell, element.degree, element.discontinuous,
                       element.lagrange_variant, element.dpc_variant}];
  if (!entry) {
    check_element(element);
    try {
      entry = std::make_unique<const basix::FiniteElement>(create(element));
    } catch (const std::runtime_error& error) {
      throw InputError(fmt::format("{}: {}", to_string(element), error.what()));
    }
  }
  return *entry;
}

}  // namespace femsynth::fem

#pragma once

#include <cstddef>
#include <cstdint>

/// The limits of the form language, all in one place. A form file that exceeds one is refused
/// with a message that names the limit. (The number of expression nodes is limited by
/// ExprGraph::max_nodes.)
namespace femsynth::fem::limits {

constexpr std::size_t source_bytes = std::size_t{1} << 20;  ///< size of a form file
constexpr int nesting_depth = 200;         ///< brackets, operators and postfixes in each other
constexpr int evaluation_depth = 400;      ///< expressions and function bodies in each other
constexpr std::int64_t steps = 1'000'000;  ///< expressions evaluated
constexpr std::size_t list_length = 4096;  ///< items of a list, tuple, range, dictionary
constexpr std::size_t string_length = std::size_t{1} << 16;  ///< bytes of a string
constexpr int format_width = 1000;           ///< width and precision of a formatted number
constexpr int list_depth = 32;               ///< lists in lists
constexpr int integer_digits = 18;           ///< digits of an integer literal
constexpr int block_size = 64;               ///< components of an element, constant or tensor
constexpr int mixed_components = 256;        ///< components, and parts, of a mixed element
constexpr int tensor_rank = 4;               ///< axes of an element or constant
constexpr int quadrature_degree = 30;        ///< degree that a measure asks for
constexpr int subdomain_id = 1'000'000'000;  ///< largest subdomain id
constexpr std::size_t integrals = 4096;      ///< integrals of a form

}  // namespace femsynth::fem::limits

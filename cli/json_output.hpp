#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/console.hpp"

namespace femsynth::cli {

/// Prints the one JSON document of a verb, with a line break at its end. Bytes that are no UTF-8
/// (from file names) become U+FFFD; numbers that are not finite become null.
void print_json(Console& console, const nlohmann::ordered_json& document);

}  // namespace femsynth::cli

#include "cli/json_output.hpp"

#include <nlohmann/json.hpp>

namespace femsynth::cli {

void print_json(Console& console, const nlohmann::ordered_json& document) {
  constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
  console.print(document.dump(2, ' ', false, replace) + "\n");
}

}  // namespace femsynth::cli

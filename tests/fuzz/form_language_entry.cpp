#include "tests/fuzz/form_language_entry.hpp"

#include <string>

#include "fem/language/form_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace femsynth;
  std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const fem::FormModule module =
        fem::parse_form(std::move(text), "fuzz.py", {.form = {}, .implicit_ufl = true});
    for (const fem::Form& form : module.forms) {
      fem::to_string(module.graph, form);
      fem::canonical_text(module.graph, form);
    }
  } catch (const InputError&) {
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <string>

#include "fem/language/form_file.hpp"

/// libFuzzer's entry: any text must be evaluated or refused with an InputError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace femsynth;
  try {
    const fem::FormModule module =
        fem::parse_form(std::string(reinterpret_cast<const char*>(data), size), "fuzz.py",
                        {.form = {}, .implicit_ufl = true});
    for (const fem::Form& form : module.forms) {
      fem::to_string(module.graph, form);
      fem::canonical_text(module.graph, form);
    }
  } catch (const InputError&) {
  }
  return 0;
}

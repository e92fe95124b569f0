#pragma once

#include <cstddef>
#include <cstdint>

/// libFuzzer's entry: a text is evaluated as a form file and its forms are printed. Ends normally
/// when the text is refused with an InputError; any other exception escapes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

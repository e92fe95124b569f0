#include "synth/run/launch.hpp"

namespace femsynth::synth {

std::size_t size_of(ScalarType type) {
  switch (type) {
    case ScalarType::f64:
    case ScalarType::i64:
      return 8;
    case ScalarType::f32:
    case ScalarType::i32:
      return 4;
  }
  return 0;
}

const char* name_of(ScalarType type) {
  switch (type) {
    case ScalarType::f64:
      return "f64";
    case ScalarType::f32:
      return "f32";
    case ScalarType::i32:
      return "i32";
    case ScalarType::i64:
      return "i64";
  }
  return "?";
}

}  // namespace femsynth::synth

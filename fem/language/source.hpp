#pragma once

#include <string>

#include "meshes/support/error.hpp"

namespace femsynth::fem {

/// A form file's text and the name under which messages speak of it.
struct Source {
  std::string path;
  std::string text;

  /// The error "path:line:column: error: message" with the quoted line.
  LocatedError error(SourceLocation where, const std::string& message) const {
    return LocatedError(path, where, message, text);
  }
};

}  // namespace femsynth::fem

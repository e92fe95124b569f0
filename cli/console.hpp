#pragma once

#include <string>
#include <string_view>

namespace femsynth::cli {

/// Where a verb's words go: results to standard output, everything else to standard error.
class Console {
 public:
  bool json = false;   ///< one JSON document is all that standard output gets
  bool quiet = false;  ///< no messages but errors, no progress

  /// Writes a result to standard output. A reader that has gone away (closed pipe) is no error:
  /// what is left is dropped. Throws InputError with the system's reason otherwise.
  void print(std::string_view text);
  /// The same, with a line break at the end if the text has none.
  void print_document(const std::string& text);
  /// A line on standard error, unless quiet.
  void note(const std::string& line);
  /// How far a long run is: `line` replaces the last one on a terminal; elsewhere it is written
  /// once in a while as a line of its own. `fraction` (0 to 1) draws a bar on a terminal.
  void progress(double fraction, const std::string& line);
  /// Ends the progress line, so that what follows stands on a line of its own.
  void end_progress();

 private:
  bool broken_pipe_ = false;
  bool progress_open_ = false;
  double last_progress_ = -1e9;  ///< seconds, steady clock
};

/// A line on standard error, whatever happens there.
void write_error(const std::string& line);

}  // namespace femsynth::cli

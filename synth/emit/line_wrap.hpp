#pragma once

#include <string>
#include <string_view>

namespace femsynth::synth {

/// Breaks one line of C-like source at spaces that follow an operator or a comma, at the
/// shallowest nesting that fits, so that no line is wider than `width` columns where that can be
/// done. Continuation lines are indented by `indent` + 4 spaces. `line` comes without its
/// indentation and without a newline; the result has both. Comments must not be passed.
std::string wrap_line(std::string_view line, int indent, int width = 100);

/// `text` as `// …` lines at this indentation, broken at spaces. A backslash at the end of a line
/// would continue the comment, so it is followed by a full stop.
std::string comment_lines(std::string_view text, int indent, int width = 100);

}  // namespace femsynth::synth

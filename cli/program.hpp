#pragma once

/// The command line: one binary, one subcommand a verb.
namespace femsynth::cli {

/// Runs the program; returns its exit status (see ExitStatus). The only place where exceptions
/// become messages.
int run(int argc, const char* const* argv);

}  // namespace femsynth::cli

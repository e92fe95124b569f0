#pragma once

#include <functional>

#include "cli/console.hpp"
#include "meshes/support/error.hpp"

namespace CLI {
class App;
}

namespace femsynth::cli {

/// What a verb's parser leaves behind: the work to do once the command line is understood.
struct Invocation {
  Console console;
  std::function<ExitStatus(Console&)> action;
};

/// Each adds one subcommand, whose callback sets Invocation::action. One file a verb.
void add_compile(CLI::App& app, Invocation& invocation);
void add_assemble(CLI::App& app, Invocation& invocation);
void add_verify(CLI::App& app, Invocation& invocation);
void add_solve(CLI::App& app, Invocation& invocation);
void add_generate(CLI::App& app, Invocation& invocation);
void add_validate(CLI::App& app, Invocation& invocation);
void add_stats(CLI::App& app, Invocation& invocation);
void add_show(CLI::App& app, Invocation& invocation);
void add_export(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);

/// A verb: adds itself to the program.
using AddVerb = void (*)(CLI::App&, Invocation&);

/// Adds --json and --quiet.
void add_output_options(CLI::App& verb, Console& console);

}  // namespace femsynth::cli

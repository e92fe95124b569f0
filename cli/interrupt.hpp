#pragma once

#include <atomic>

namespace femsynth::cli {

/// From now on the first Ctrl-C (SIGINT) or SIGTERM sets the flag, and a second one ends the
/// process at once. The flag lives as long as the process.
const std::atomic<bool>& catch_interrupt();

}  // namespace femsynth::cli

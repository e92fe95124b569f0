#include "cli/program.hpp"

int main(int argc, char** argv) { return femsynth::cli::run(argc, argv); }

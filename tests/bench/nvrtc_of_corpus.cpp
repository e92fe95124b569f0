#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "datasets/store/corpus.hpp"
#include "meshes/support/error.hpp"
#include "synth/compile/nvrtc.hpp"

/// Seconds that bare NVRTC needs for the sources of a corpus: what `generate` is measured against.
/// usage: nvrtc_of_corpus DIR THREADS
int main(int argc, char** argv) {
  using namespace femsynth;
  if (argc != 3) {
    fmt::print(stderr, "usage: {} DIR THREADS\n", argv[0]);
    return static_cast<int>(ExitStatus::bad_input);
  }
  try {
    datasets::Corpus corpus(argv[1]);
    std::vector<std::pair<std::string, std::string>> sources;  // source, architecture
    for (std::size_t k = 0; k < corpus.size(); ++k) {
      const datasets::Record record = corpus.record(k);
      sources.emplace_back(record.cuda, record.arch);
    }
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t k = next++; k < sources.size(); k = next++) {
        synth::CompileOptions options;
        options.arch = sources[k].second;
        synth::compile_cuda(sources[k].first, "sample.cu", options);
      }
    };
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int t = 0; t < std::atoi(argv[2]); ++t) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    fmt::print("{} sources, {} threads: {:.1f} s in NVRTC alone\n", sources.size(), argv[2],
               taken.count());
  } catch (const Error& error) {
    fmt::print(stderr, "nvrtc_of_corpus: {}\n", error.what());
    return static_cast<int>(error.status());
  }
  return 0;
}

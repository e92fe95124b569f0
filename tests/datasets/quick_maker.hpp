#pragma once

#include <chrono>
#include <thread>

#include "datasets/maker.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets::testing {

/// A SampleMaker without a compiler: fast, deterministic, with failures at every stage.
class QuickMaker : public SampleMaker {
 public:
  std::unique_ptr<const Prepared> prepare(const std::string& form_text,
                                          const Choice& choice) override {
    if (choice.cell == "hexahedron" && choice.degree == 2) throw InputError("refused: hexahedron");
    auto prepared = std::make_unique<Prepared>();
    prepared->canonical_form = form_text;
    prepared->rank = 2;
    prepared->cost = choice.cell == "tetrahedron" && choice.degree == 3 ? 1e9 : 1;
    return prepared;
  }

  void make(const Prepared& prepared, Record& record, SampleTimes& times) override {
    // Later candidates often finish first.
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us * (record.index * 7919 % 5)));
    const std::string digest = hex(sha256(std::string_view(prepared.canonical_form)));
    times.seconds["compile"] = 0.001;
    record.kernel_ir = "module " + digest;
    record.cuda = "// " + digest;
    if (record.index % 11 == 3) {
      record.failure = {"compile", "eleven"};
      return;
    }
    for (int i = 0; i < 50; ++i) record.ptx += digest + "\n";
    record.cubin = digest.substr(0, 9) + std::string(1, '\0') + digest;
    record.resources = {{"kernel", static_cast<int>(record.index % 64), 0, 0, 0, 0, 0, 0}};
    Check check;
    check.quantity = "matrix";
    check.error = 1e-16;
    check.tolerance = 1e-13;
    check.pass = true;
    record.checks = {check};
    record.tier = Tier::verified;
    if (record.index % 13 == 5) record.failure = {"verify", "thirteen"};
  }

  std::map<std::string, std::string> versions() const override { return version_map; }
  std::map<std::string, std::string> settings() const override { return {{"inputs", "8"}}; }
  std::string arch() const override { return "sm_90"; }

  int delay_us = 0;
  std::map<std::string, std::string> version_map{{"femsynth", "test"}};
};

}  // namespace femsynth::datasets::testing

#include "datasets/sampler.hpp"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "datasets/random.hpp"
#include "datasets/splits.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::ElementsAre;

const std::vector<Family>& families() {
  static const auto all = load_families(FEMSYNTH_SOURCE_DIR "/datasets/families");
  return all;
}

/// Known answers of Random123's own test (kat_vectors: philox4x32 10).
TEST(Philox, GivesThePublishedNumbers) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U));
  EXPECT_THAT(
      philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
      ElementsAre(0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU));
  EXPECT_THAT(
      philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      ElementsAre(0xd16cfe09U, 0x94fdcceBU, 0x5001e420U, 0x24126ea1U));
}

TEST(CounterRandom, IsUniformBelowAnyBound) {
  CounterRandom random(3, 4);
  for (std::uint64_t n : {1U, 2U, 3U, 7U, 10U}) {
    std::vector<int> hits(n);
    for (int i = 0; i < 7000; ++i) ++hits.at(random.below(n));
    const double expected = 7000.0 / static_cast<double>(n);
    for (int h : hits) EXPECT_NEAR(h, expected, 5 * std::sqrt(expected)) << n;
  }
}

TEST(CounterRandom, DiffersBetweenSeedsAndIndices) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (std::uint64_t index = 0; index < 50; ++index) {
      first.insert(CounterRandom(seed, index).next());
      first.insert(CounterRandom(seed << 32, index << 32).next());
    }
  }
  // (0, 0) is (0 << 32, 0 << 32).
  EXPECT_EQ(first.size(), 2U * 50 * 50 - 1);
}

TEST(Sampler, GivesTheSameChoiceWhoeverAsksAndWhenever) {
  const Sampler sampler(families(), 7);
  std::vector<Choice> forward;
  for (std::uint64_t i = 0; i < 300; ++i) forward.push_back(sampler.draw(i));
  std::vector<Choice> backward(300);
  std::thread other([&] {
    const Sampler again(families(), 7);
    for (std::uint64_t i = 300; i-- > 0;) backward[i] = again.draw(i);
  });
  other.join();
  EXPECT_EQ(forward, backward);
  EXPECT_NE(Sampler(families(), 8).draw(0), forward[0]);
}

TEST(Sampler, ReachesEveryFamilyCellDegreeStrategyAndPrecision) {
  const Sampler sampler(families(), 1);
  std::set<std::string> names;
  std::set<std::string> cells;
  std::set<int> degrees;
  std::set<std::string> strategies;
  std::set<std::string> precisions;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const Choice choice = sampler.draw(i);
    names.insert(choice.family);
    cells.insert(choice.cell);
    degrees.insert(choice.degree);
    strategies.insert(choice.strategy);
    precisions.insert(choice.precision);
    const auto allowed = sampler.family(choice).degrees_on(choice.cell);
    EXPECT_TRUE(std::count(allowed.begin(), allowed.end(), choice.degree));
  }
  EXPECT_EQ(names.size(), families().size());
  EXPECT_EQ(cells.size(), 5U);
  EXPECT_EQ(degrees.size(), 4U);
  EXPECT_EQ(strategies.size(), 4U);
  EXPECT_EQ(precisions.size(), 2U);
}

TEST(Sampler, HasFarMoreThanTenThousandDistinctForms) {
  const Sampler sampler(families(), 7);
  std::set<std::string> texts;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const Choice choice = sampler.draw(i);
    const Family& family = sampler.family(choice);
    texts.insert(form_text(family, choice) + choice.strategy + choice.precision +
                 std::to_string(choice.block_size));
  }
  EXPECT_GT(texts.size(), 19000U);
}

TEST(Sampler, LeavesNoPlaceholderAndNamesOnlyThoseThatOccur) {
  const Sampler sampler(families(), 5);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Choice choice = sampler.draw(i);
    const Family& family = sampler.family(choice);
    const std::string text = form_text(family, choice) + description(family, choice);
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
    for (const auto& [name, value] : choice.parameters) {
      EXPECT_EQ(value.find('{'), std::string::npos) << name;
    }
  }
}

TEST(Sampler, WithoutLiteralsKeepsAllOtherChoices) {
  const Sampler sampler(families(), 5);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Choice with = sampler.draw(i);
    const Choice without = sampler.draw_without_literals(i);
    EXPECT_EQ(with.family, without.family);
    EXPECT_EQ(with.cell, without.cell);
    EXPECT_EQ(with.degree, without.degree);
    const Family& family = sampler.family(with);
    for (const auto& [name, value] : without.parameters) {
      if (family.literals.contains(name)) {
        EXPECT_EQ(value, "2.5");
      }
      if (family.choices.contains(name) && placeholders(family.choices.at(name)[0]).empty()) {
        EXPECT_EQ(value, with.parameters.at(name));
      }
    }
  }
}

TEST(Splits, AreEightToOneToOneAndAFunctionOfTheGroup) {
  std::map<std::string, int> sizes;
  for (int i = 0; i < 10000; ++i) {
    const std::string group = "group " + std::to_string(i);
    ++sizes[split_of(group)];
    EXPECT_EQ(split_of(group), split_of(group));
  }
  EXPECT_EQ(sizes.size(), 3U);
  EXPECT_NEAR(sizes["train"], 8000, 200);
  EXPECT_NEAR(sizes["validation"], 1000, 150);
  EXPECT_NEAR(sizes["test"], 1000, 150);
}

}  // namespace
}  // namespace femsynth::datasets

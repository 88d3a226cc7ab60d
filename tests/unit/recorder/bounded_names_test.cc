#include "preload/recorder/labels/bounded_names.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mqtrack::recorder {
namespace {

class BoundedNamesTest : public testing::Test {
 protected:
  [[nodiscard]] std::string TextOf(std::uint16_t number) const {
    const BoundedNames::Text text = names_->TextOf(number);
    return {text.data, text.bytes};
  }
  std::unique_ptr<BoundedNames> names_ = std::make_unique<BoundedNames>();
};

TEST_F(BoundedNamesTest, AreKnownByTheirWholeText) {
  const std::uint16_t handle = names_->NumberOf(BoundedNames::kNone, "handle");
  const std::uint16_t json = names_->NumberOf(handle, "json");
  EXPECT_NE(json, names_->NumberOf(BoundedNames::kNone, "json"));
  EXPECT_EQ(json, names_->NumberOf(handle, "json"));
  EXPECT_EQ(TextOf(json), "handle/json");
  EXPECT_EQ(names_->ParentOf(json), handle);
  EXPECT_EQ(TextOf(names_->Moved(json, BoundedNames::kNone)), "json");
}

TEST_F(BoundedNamesTest, LongOnesAreCutBetweenCharacters) {
  const std::string plain(100, 'x');
  EXPECT_EQ(TextOf(names_->NumberOf(BoundedNames::kNone, plain.c_str())), std::string(40, 'x'));
  const std::string accented = std::string(39, 'x') + "\u00e9t\u00e9";
  EXPECT_EQ(TextOf(names_->NumberOf(BoundedNames::kNone, accented.c_str())), std::string(39, 'x'));
  std::uint16_t number = BoundedNames::kNone;
  for (std::size_t depth = 0; depth < BoundedNames::kDeepest; ++depth) number = names_->NumberOf(number, plain.c_str());
  EXPECT_EQ(TextOf(number).size(), BoundedNames::kDeepest * 41 - 1);
}

TEST_F(BoundedNamesTest, MissingOnesAreSaidToBe) {
  EXPECT_EQ(TextOf(names_->NumberOf(BoundedNames::kNone, nullptr)), "(unnamed)");
  EXPECT_EQ(TextOf(names_->NumberOf(BoundedNames::kNone, "")), "(unnamed)");
}

TEST_F(BoundedNamesTest, TooManyAreOther) {
  const std::uint16_t first = names_->NumberOf(BoundedNames::kNone, "0");
  for (int i = 1; i < 300; ++i) (void)names_->NumberOf(BoundedNames::kNone, std::to_string(i).c_str());
  const std::uint16_t late = names_->NumberOf(BoundedNames::kNone, "late");
  EXPECT_EQ(late, BoundedNames::kOther);
  EXPECT_EQ(TextOf(late), "(other)");
  EXPECT_EQ(names_->NumberOf(late, "json"), BoundedNames::kOther);
  EXPECT_EQ(names_->NumberOf(BoundedNames::kNone, "0"), first);
  EXPECT_EQ(names_->NumberOf(first, "json"), BoundedNames::kOther);
}

TEST_F(BoundedNamesTest, ThreadsAgree) {
  constexpr int kNames = 50, kThreads = 4;  // a place may be lost where two are the first at once
  std::vector<std::vector<std::uint16_t>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kNames; ++i)
        seen[t].push_back(names_->NumberOf(BoundedNames::kNone, ("name" + std::to_string(i)).c_str()));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kNames; ++i) {
    const std::uint16_t last = names_->NumberOf(BoundedNames::kNone, ("name" + std::to_string(i)).c_str());
    EXPECT_NE(last, BoundedNames::kOther);
    for (const auto& numbers : seen) EXPECT_EQ(numbers[i], last);
  }
}

}  // namespace
}  // namespace mqtrack::recorder

#include "libtrack/topology/span_window.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace mqtrack::topology {
namespace {

TextId Trace(std::uint64_t number) { return {0, number, true}; }

TEST(SpanWindow, ForgetsTheOldestAndNothingElse) {
  SpanWindow window(3);
  for (std::uint64_t i = 1; i <= 5; ++i) window.Add(Trace(i), i);
  EXPECT_EQ(window.Find(Trace(2), 2), kNoSpan);
  for (std::uint64_t i = 3; i <= 5; ++i) EXPECT_EQ(window.Find(Trace(i), i), SpanNumber{i - 1});
  EXPECT_EQ(window.Find(Trace(5), 4), kNoSpan);
}

// Against a map and a queue, with windows of sizes that are no powers of two.
TEST(SpanWindow, IsAModelOfAQueueWithNames) {
  std::mt19937_64 random(11);
  for (const std::size_t size : {2u, 7u, 1000u, 3001u}) {
    SpanWindow window(size);
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> expected;
    std::deque<std::pair<std::uint64_t, std::uint64_t>> order;
    for (std::uint64_t number = 0; number < 20'000;) {
      const std::pair<std::uint64_t, std::uint64_t> key(random() % 40 + 1, random() % 200 + 1);
      const auto known = expected.find(key);
      ASSERT_EQ(window.Find(Trace(key.first), key.second),
                known == expected.end() ? kNoSpan : SpanNumber{known->second});
      if (known != expected.end() || random() % 3 == 0) {
        if (known != expected.end() && random() % 2 == 0 && !order.empty()) {
          expected.erase(order.front());
          order.pop_front();
          window.DropOldest();
        }
        continue;
      }
      if (order.size() == size) {
        expected.erase(order.front());
        order.pop_front();
      }
      ASSERT_EQ(window.Add(Trace(key.first), key.second), SpanNumber{number});
      expected[key] = number++;
      order.push_back(key);
    }
  }
}

}  // namespace
}  // namespace mqtrack::topology

// What is alive in a recorded process, by kind and by the stack that made it: exact, and read without stopping it.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/kinds.h"
#include "libtrack/log/reader.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

struct Tally {
  std::int64_t objects = 0, bytes = 0;
  bool operator==(const Tally&) const = default;
};

struct Place {
  log::Kind kind = log::Kind::kNone;
  log::StackId stack{};
  bool operator==(const Place&) const = default;
  auto operator<=>(const Place&) const = default;
};

/// Sorted by place.
struct Census {
  struct Row {
    Place place;
    Tally tally;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;
  [[nodiscard]] Tally Total(log::Kind kind) const;
  bool operator==(const Census&) const = default;
};

/// Of a log's content.
[[nodiscard]] Census CountLive(const log::LogContent& content);

struct Growth {
  Place place;
  Tally growth;
};
/// What `newer` has more, or less, of. Sorted by place; what did not change is left out.
[[nodiscard]] std::vector<Growth> Compare(const Census& older, const Census& newer);

}  // namespace mqtrack::hunt

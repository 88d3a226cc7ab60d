// Whether what grew while rounds were played grew with the rounds.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/hunt/census.h"

namespace mqtrack::hunt {

enum class Course : std::uint8_t {
  kNone,        // did not grow
  kLeak,        // grew with the rounds, in each phase
  kSettled,     // grew, and then no more
  kNotSettled,  // grew in steps, or not evenly: more rounds would tell
};

struct Judgement {
  Course course = Course::kNone;
  bool is_exact = false;  // of a leak: the same for each round, to the byte
  Tally total;            // over all phases
  std::int64_t rounds = 0;
};

/// Growth in phases of ever more rounds, of one place. At least two phases.
///
/// Exact: each phase grew as its rounds. Nearly so: each phase grew, and from one to the next by a factor within a
/// third of that of the rounds, in objects or in bytes: a table that grows along doubles now and then.
[[nodiscard]] Judgement Judge(const std::vector<Tally>& growth, const std::vector<std::int64_t>& rounds);

}  // namespace mqtrack::hunt

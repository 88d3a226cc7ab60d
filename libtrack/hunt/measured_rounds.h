// The measured rounds of one operation: warm-up, rest, some rounds, rest, twice as many, rest; and more where something
// grew.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/hunt/census.h"
#include "libtrack/hunt/hunted_broker.h"
#include "libtrack/hunt/round_player.h"

namespace mqtrack::hunt {

/// What grew in one place, by phase.
struct PlaceGrowth {
  Place place;
  std::vector<Tally> by_phase;
};

struct Measured {
  std::vector<PlaceGrowth> places;   // only those that grew in some phase
  std::vector<std::int64_t> rounds;  // of each phase
};

/// Of one broker. Not thread-safe.
class RoundMeter {
 public:
  RoundMeter(HuntedBroker& broker, std::int64_t rounds) : broker_(broker), observer_(broker.doors()), rounds_(rounds) {}

  /// An error: the operation cannot be played, and what the broker did instead.
  [[nodiscard]] support::Result<Measured> Measure(const Operation& operation);
  /// The log as it was last read.
  [[nodiscard]] const log::LogContent& content() const { return content_; }

 private:
  [[nodiscard]] support::Status Play(const Operation& operation, std::int64_t rounds);
  /// What is alive when nobody is connected and nothing moves, which is waited for; longer where it is more than at the
  /// last rest, since some things wait for a turn of the broker's loop, or for its clock.
  [[nodiscard]] support::Result<Census> Rest(const Operation& operation);
  /// Waits until the broker uses no processor.
  void WaitUntilQuiet() const;
  [[nodiscard]] support::Result<Census> Read();

  HuntedBroker& broker_;
  Observer observer_;
  std::int64_t rounds_;
  std::uint64_t round_ = 0;  // of all operations; never the same twice
  Census last_rest_;         // empty: there was none yet
  log::LogContent content_;
};

}  // namespace mqtrack::hunt

// The measured rounds of one operation: warm-up, rest, some rounds, rest, twice as many, rest; and more where something
// grew.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "libtrack/hunt/census.h"
#include "libtrack/log/reader.h"
#include "libtrack/support/result.h"

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

/// Of one recorded process. Not thread-safe.
class RoundMeter {
 public:
  /// `reader` is of the log of process `pid`, and outlives it. `rounds`: of the first measured phase. `is_interrupted`
  /// ends a rest; may be empty.
  RoundMeter(log::LogReader& reader, std::int64_t pid, std::int64_t warm_up, std::int64_t rounds,
             std::function<bool()> is_interrupted)
      : reader_(reader), pid_(pid), warm_up_(warm_up), rounds_(rounds), is_interrupted_(std::move(is_interrupted)) {}

  /// Plays so many rounds, to their end.
  using Play = std::function<support::Status(std::int64_t rounds)>;
  /// `most_rest_ms`: how long the process's own clock may take to end what a round leaves. An error: that of `play`, or
  /// an interruption.
  [[nodiscard]] support::Result<Measured> Measure(const Play& play, int most_rest_ms);
  /// The log as it was last read.
  [[nodiscard]] const log::LogContent& content() const { return content_; }

 private:
  /// What is alive when nobody is connected and nothing moves, which is waited for; longer where it is more than at the
  /// last rest, since some things wait for a turn of a loop, or for a clock.
  [[nodiscard]] support::Result<Census> Rest(int most_rest_ms);
  /// Waits until the process uses no processor.
  void WaitUntilQuiet() const;
  [[nodiscard]] support::Result<Census> Read();

  log::LogReader& reader_;
  std::int64_t pid_, warm_up_, rounds_;
  std::function<bool()> is_interrupted_;
  Census last_rest_;  // empty: there was none yet
  log::LogContent content_;
};

}  // namespace mqtrack::hunt

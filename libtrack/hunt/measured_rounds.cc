#include "libtrack/hunt/measured_rounds.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "libtrack/hunt/growth.h"
#include "libtrack/hunt/hunt_result.h"
#include "libtrack/process/wait_for.h"

namespace mqtrack::hunt {
namespace {

using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostPhases = 4;
/// Between two looks at a process's clock that must be the same.
constexpr std::chrono::milliseconds kBetweenLooks(2);
/// A broker frees some things when its loop turns next, and with nothing to do that turns a few times a second.
constexpr std::chrono::milliseconds kLoopTurn(300);
/// How long connections may take to be gone after the last round, and figures to be still.
constexpr std::chrono::milliseconds kRest(1500);

bool HasGrown(const std::vector<Growth>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const Growth& one) { return one.growth.objects > 0 || one.growth.bytes > 0; });
}

/// Adds a phase to what grew; places that were not there in earlier phases had grown by nothing.
void AddPhase(const std::vector<Growth>& changes, std::size_t phase, std::vector<PlaceGrowth>& places) {
  for (const Growth& change : changes) {
    auto found = std::find_if(places.begin(), places.end(), [&](const auto& one) { return one.place == change.place; });
    if (found == places.end()) found = places.insert(places.end(), {change.place, {}});
    found->by_phase.resize(phase + 1);
    found->by_phase[phase] = change.growth;
  }
  for (PlaceGrowth& one : places) one.by_phase.resize(phase + 1);
}

}  // namespace

Result<Census> RoundMeter::Read() {
  Result<log::LogContent> content = reader_.Read(true, log::Blocks::kSummed);
  if (!content) return content.error();
  content_ = *std::move(content);
  return CountLive(content_);
}

void RoundMeter::WaitUntilQuiet() const {
  const Clock::time_point deadline = Clock::now() + kRest;
  auto before = process::ProcessorTime(pid_);
  while (Clock::now() < deadline) {
    std::this_thread::sleep_for(kBetweenLooks);
    const auto now = process::ProcessorTime(pid_);
    if (now == before) return;
    before = now;
  }
}

Result<Census> RoundMeter::Rest(int most_rest_ms) {
  const Clock::time_point begin = Clock::now();
  const std::chrono::milliseconds timed = std::max(kLoopTurn, std::chrono::milliseconds(most_rest_ms));
  const std::int64_t descriptors = last_rest_.Total(log::Kind::kDescriptor).objects;
  WaitUntilQuiet();
  Result<Census> last = Read();
  while (last) {
    if (is_interrupted_ && is_interrupted_())
      return support::Error{support::ErrorCode::kCannotMeasure, kInterrupted, "hunt"};
    const Clock::duration so_far = Clock::now() - begin;
    const bool is_alone = last_rest_.rows.empty() || last->Total(log::Kind::kDescriptor).objects <= descriptors;
    const bool has_grown = HasGrown(Compare(last_rest_, *last));
    if (is_alone && !has_grown) break;
    if (so_far > (is_alone ? timed : std::max(kRest, timed))) break;
    std::this_thread::sleep_for(kBetweenLooks);
    WaitUntilQuiet();
    last = Read();
  }
  if (last) last_rest_ = *last;
  return last;
}

Result<Measured> RoundMeter::Measure(const Play& play, int most_rest_ms) {
  if (Status played = play(warm_up_); !played) return played.error();
  Result<Census> before = Rest(most_rest_ms);
  if (!before) return before.error();
  Measured measured;
  std::int64_t rounds = rounds_;
  for (std::size_t phase = 0; phase < kMostPhases; ++phase, rounds *= 2) {
    if (Status played = play(rounds); !played) return played.error();
    Result<Census> after = Rest(most_rest_ms);
    if (!after) return after.error();
    const std::vector<Growth> changes = Compare(*before, *after);
    measured.rounds.push_back(rounds);
    AddPhase(changes, phase, measured.places);
    before = std::move(after);
    if (phase == 0) continue;
    if (!HasGrown(changes)) break;
    const bool is_unclear = std::any_of(measured.places.begin(), measured.places.end(), [&](const PlaceGrowth& one) {
      return Judge(one.by_phase, measured.rounds).course == Course::kNotSettled;
    });
    if (phase >= 2 && !is_unclear) break;
  }
  std::erase_if(measured.places,
                [&](const PlaceGrowth& one) { return Judge(one.by_phase, measured.rounds).course == Course::kNone; });
  return measured;
}

}  // namespace mqtrack::hunt

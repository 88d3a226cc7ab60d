#include "libtrack/history/history_bounds.h"

namespace mqtrack::history {
namespace {

constexpr UnixMillis kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

/// The slot of time of which one snapshot stays; 0: every one stays.
UnixMillis SlotOf(UnixMillis age) {
  if (age <= kHour) return 0;
  return age <= kDay ? 10 * kMinute : kHour;
}

}  // namespace

std::vector<UnixMillis> Thinnable(const std::vector<UnixMillis>& times, UnixMillis now, std::chrono::seconds age) {
  std::vector<UnixMillis> gone;
  const UnixMillis oldest = now - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
  bool has_first = false;
  UnixMillis last_slot = -1, last_slot_size = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const UnixMillis time = times[i];
    if (time < oldest) {
      gone.push_back(time);
      continue;
    }
    const UnixMillis slot_size = SlotOf(now - time);
    const bool is_needed = slot_size == 0 || !has_first || i + 1 == times.size();
    // Slots lie at multiples of their size, so that a slot's first snapshot stays its first one.
    const UnixMillis slot = slot_size == 0 ? -1 : time / slot_size;
    const bool is_repeated = slot_size != 0 && slot == last_slot && slot_size == last_slot_size;
    if (is_repeated && !is_needed) {
      gone.push_back(time);
      continue;
    }
    has_first = true;
    last_slot = slot;
    last_slot_size = slot_size;
  }
  return gone;
}

}  // namespace mqtrack::history

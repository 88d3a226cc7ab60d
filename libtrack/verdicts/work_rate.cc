#include "libtrack/verdicts/work_rate.h"

#include <algorithm>
#include <numeric>

#include "libtrack/log/packet_types.h"

namespace mqtrack::verdicts {
namespace {

using Amounts = std::vector<std::int64_t>;

double SumOf(const Amounts& amounts, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(amounts[i]);
  return sum;
}

double RateOf(const Amounts& left, const Amounts& work, std::size_t begin, std::size_t end) {
  const double done = SumOf(work, begin, end);
  return done > 0 ? SumOf(left, begin, end) / done : 0;
}

bool IsExact(const Amounts& left, const Amounts& work) {
  std::int64_t each = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (work[i] == 0 && left[i] == 0) continue;
    if (work[i] == 0 || left[i] % work[i] != 0) return false;
    if (each != 0 && left[i] / work[i] != each) return false;
    each = left[i] / work[i];
  }
  return each != 0;
}

WorkRate Measure(std::string unit, const Amounts& left, const Amounts& work, double scale) {
  const std::size_t stretches = left.size(), third = std::max<std::size_t>(1, (stretches + 1) / 3);
  WorkRate rate;
  rate.unit = std::move(unit);
  rate.each = RateOf(left, work, 0, stretches) * scale;
  rate.early = RateOf(left, work, 0, third) * scale;
  rate.late = RateOf(left, work, stretches - third, stretches) * scale;
  double least = std::min(rate.early, rate.late), most = std::max(rate.early, rate.late);
  if (stretches > 2 * third) {
    const double middle = RateOf(left, work, third, stretches - third) * scale;
    least = std::min(least, middle);
    most = std::max(most, middle);
  }
  if (least <= 0) {
    rate.unit.clear();
  } else {
    rate.spread = most / least;
  }
  return rate;
}

/// Of two that fit, the exact one, then the one that is more even.
bool IsBetter(const WorkRate& one, const WorkRate& other) {
  if (other.unit.empty()) return !one.unit.empty();
  if (one.unit.empty()) return false;
  if (one.is_exact != other.is_exact) return one.is_exact;
  return one.spread < other.spread;
}

}  // namespace

bool WorkOfStretches::MayHaveWorked(std::size_t i) const {
  return i >= packets.size() || !packets[i].is_known || !packets[i].IsNone();
}

WorkRate FindWorkRate(const WorkOfStretches& work, const Amounts& left, const std::string& cause) {
  WorkRate best;
  const bool is_counted = std::all_of(work.packets.begin(), work.packets.end(),
                                      [](const analysis::WorkDone& done) { return done.is_known; });
  for (std::size_t type = 1; is_counted && type < log::kPacketTypes; ++type) {
    if (!cause.empty() && cause != log::kPacketNames[type]) continue;
    for (const bool is_sent : {false, true}) {
      Amounts packets;
      for (const analysis::WorkDone& done : work.packets)
        packets.push_back(is_sent ? done.sent[type] : done.received[type]);
      constexpr double kFewest = 10;
      if (SumOf(packets, 0, packets.size()) < kFewest) continue;
      WorkRate rate =
          Measure(std::string(log::kPacketNames[type]) + (is_sent ? " sent" : " received"), left, packets, 1);
      rate.is_exact = !rate.unit.empty() && IsExact(left, packets);
      if (IsBetter(rate, best)) best = std::move(rate);
    }
  }
  if (!best.unit.empty()) return best;
  constexpr double kNanosPerHour = 3600e9;
  return Measure("hour", left, work.nanos, kNanosPerHour);
}

}  // namespace mqtrack::verdicts

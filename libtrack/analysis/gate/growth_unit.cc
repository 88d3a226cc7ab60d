#include "libtrack/analysis/gate/growth_unit.h"

#include <algorithm>
#include <limits>

#include "libtrack/log/packet_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {

using support::Error;
using support::ErrorCode;
using support::Result;

namespace {

constexpr std::int64_t kHourNanos = 3'600'000'000'000;
__extension__ using Wide = __int128;

/// Packets that were received, or, of a service that received none of them, that were sent.
Result<GrowthUnit> MeasurePackets(std::size_t type, const Side& base, const Side& newer) {
  const std::string name = log::kPacketNames[type];
  const WorkDone between = WorkBetween(base.work, newer.work);
  if (!between.is_known) {
    return Error{ErrorCode::kCannotMeasure,
                 "how many " + name +
                     " lie between base and new is not known: one of them is of a recording that counted "
                     "no packets, or they are of two recordings",
                 ""};
  }
  if (between.received[type] > 0) return GrowthUnit{name + " received", between.received[type], 1};
  if (between.sent[type] > 0) return GrowthUnit{name + " sent", between.sent[type], 1};
  return Error{ErrorCode::kCannotMeasure,
               "no " + name + " was received or sent between base and new, so there is no growth for each", ""};
}

}  // namespace

Result<PerUnit> ParsePerUnit(std::string_view text, const std::string& where) {
  if (text == "hour") return PerUnit{PerUnit::Kind::kHour};
  if (text == "generation") return PerUnit{PerUnit::Kind::kGeneration};
  for (std::size_t type = 1; type < log::kPacketTypes; ++type) {
    if (text == log::kPacketNames[type]) return PerUnit{PerUnit::Kind::kPacket, 0, type};
  }
  const Result<std::int64_t> count = support::ParseCount(text);
  if (count && *count > 0) return PerUnit{PerUnit::Kind::kOperation, *count};
  return Error{ErrorCode::kBadInput,
               "\"" + std::string(text) +
                   "\" is not hour, generation, a type of MQTT packets such as PUBLISH, or how many operations were "
                   "done between base and new, such as 10000",
               where};
}

bool GrowthUnit::Exceeds(std::int64_t growth, std::int64_t limit) const {
  return Wide{growth} * one > Wide{limit} * amount;
}

std::int64_t GrowthUnit::Rate(std::int64_t growth) const {
  const Wide scaled = Wide{growth} * one;
  const Wide rate = (scaled + (scaled < 0 ? -amount : amount) / 2) / amount;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp<Wide>(rate, -kMost, kMost));
}

Result<GrowthUnit> MeasureUnit(const PerUnit& per, const Side& base, const Side& newer, std::int64_t generations) {
  switch (per.kind) {
    case PerUnit::Kind::kNone:
      return GrowthUnit{};
    case PerUnit::Kind::kOperation:
      return GrowthUnit{"operation", per.operations, 1};
    case PerUnit::Kind::kPacket:
      return MeasurePackets(per.packet, base, newer);
    case PerUnit::Kind::kHour: {
      const bool is_known = base.time_nanos > 0 && newer.time_nanos > base.time_nanos;
      if (is_known) return GrowthUnit{"hour", newer.time_nanos - base.time_nanos, kHourNanos};
      return Error{ErrorCode::kCannotMeasure,
                   "how much time lies between base and new is not known, so there is no growth per hour", ""};
    }
    case PerUnit::Kind::kGeneration:
      break;
  }
  if (generations < 0 && base.generation >= 0) generations = newer.generation - base.generation;
  if (generations > 0) return GrowthUnit{"generation", generations, 1};
  return Error{ErrorCode::kCannotMeasure,
               "how many generations lie between base and new is not known, so there is no growth per generation", ""};
}

}  // namespace mqtrack::analysis

// What a limit on growth is per: an hour, a generation, an MQTT packet, an operation of the caller's, or nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/analysis/side.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// As it was asked for: "hour", "generation", a type of MQTT packets such as "PUBLISH", or how many operations were
/// done between base and new.
struct PerUnit {
  enum class Kind { kNone, kHour, kGeneration, kPacket, kOperation };
  Kind kind = Kind::kNone;
  std::int64_t operations = 0;
  std::size_t packet = 0;  // number of the packets' type
};
[[nodiscard]] support::Result<PerUnit> ParsePerUnit(std::string_view text, const std::string& where);

/// As it was measured: base and new lie `amount / one` units apart.
struct GrowthUnit {
  std::string name;  // "hour"; empty: limits are on all of the growth
  std::int64_t amount = 1, one = 1;
  [[nodiscard]] bool is_set() const { return !name.empty(); }
  /// Exact: no rounding makes a limit pass.
  [[nodiscard]] bool Exceeds(std::int64_t growth, std::int64_t limit) const;
  /// Growth per unit, rounded to the nearest whole number away from zero.
  [[nodiscard]] std::int64_t Rate(std::int64_t growth) const;
  [[nodiscard]] double units() const { return static_cast<double>(amount) / static_cast<double>(one); }
};

/// `generations`: how many lie between the two; below 0: taken from their facts. An error (kCannotMeasure) says what is
/// not known.
[[nodiscard]] support::Result<GrowthUnit> MeasureUnit(const PerUnit& per, const Side& base, const Side& newer,
                                                      std::int64_t generations);

}  // namespace mqtrack::analysis

// Units of sample types that convert into each other by whole factors, as pprof knows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mqtrack::profile {

/// The finest of `units`, if all are equal or of one kind (bytes to petabytes, nanoseconds to hours).
[[nodiscard]] std::optional<std::string_view> FinestUnit(const std::vector<std::string_view>& units);

/// How many `to` one `from` is. Both of one kind and `to` not coarser than `from`; 1 for equal units.
[[nodiscard]] std::int64_t UnitFactor(std::string_view from, std::string_view to);

}  // namespace mqtrack::profile

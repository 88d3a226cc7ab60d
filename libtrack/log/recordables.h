// What a recording leaves out, by the names that users know: those of kRecordables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::log {

/// All names, in their order: "heap", "threads" …
[[nodiscard]] std::vector<std::string> RecordableNames();
/// The bits of these names (Recordable::kind_bits); unknown names mean nothing.
[[nodiscard]] std::uint64_t RecordableBits(const std::vector<std::string>& names);
/// The names of what was not recorded on request (Header::left_out_kinds).
[[nodiscard]] std::vector<std::string> LeftOut(std::uint64_t left_out_kinds);

}  // namespace mqtrack::log

// Which number of a sample is meant, what it counts in words, and what it sums to. What is known of a sample type is
// its row in the table of kinds, libtrack/log/kinds.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/log/kinds.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// The types that code asks for by name.
inline constexpr std::string_view kInuseSpace =
    log::FindSampleKind(log::Kind::kHeapBlock, log::Measure::kLiveBytes).name;
inline constexpr std::string_view kInuseObjects =
    log::FindSampleKind(log::Kind::kHeapBlock, log::Measure::kLiveCount).name;
inline constexpr std::string_view kAllocSpace =
    log::FindSampleKind(log::Kind::kHeapBlock, log::Measure::kEverBytes).name;
inline constexpr std::string_view kAllocObjects =
    log::FindSampleKind(log::Kind::kHeapBlock, log::Measure::kEverCount).name;
inline constexpr std::string_view kThreads = log::FindSampleKind(log::Kind::kThread, log::Measure::kLiveCount).name;

/// What a Go service has in place of threads. The one row of the table that the recorder does not count.
inline constexpr std::string_view kGoroutine = log::FindSampleKind(log::Kind::kNone, log::Measure::kLiveCount).name;

/// The row of a sample type, by its name or its older one; an empty row for a type of other producers.
[[nodiscard]] const log::SampleKind& SampleKindOf(std::string_view type);

/// What a sample type counts, in words: "live bytes", or "live byte" if `count` is 1. Empty if nobody knows.
[[nodiscard]] std::string_view TypeWords(std::string_view type, std::int64_t count = 0);

/// A type of the table with its unit: {"threads", "count"}.
[[nodiscard]] ValueType WithUnit(const log::SampleKind& kind);
[[nodiscard]] ValueType WithUnit(std::string_view type);

/// The names of all types that the recorder counts, the ones asked for most first.
[[nodiscard]] std::vector<std::string> RecordedTypes();

/// Names that mean the same: equal ones, and the older name of a type ("space") and its own ("inuse_space").
[[nodiscard]] bool IsSameType(std::string_view a, std::string_view b);

/// Index of the sample type named `name` (empty: default_sample_type, else the last one), or of one that means the
/// same. A miss is an error that lists what there is.
[[nodiscard]] support::Result<std::size_t> FindSampleType(const Profile& profile, const std::string& name);

/// Name of the type that counts what `sample_type` weighs: "inuse_objects" of "inuse_space", "objects" of "space";
/// empty if it weighs nothing.
[[nodiscard]] std::string ObjectsSibling(std::string_view sample_type);

/// Index of the ObjectsSibling of sample type number `sample_type`, if the profile has it.
[[nodiscard]] std::optional<std::size_t> FindObjectsType(const Profile& profile, std::size_t sample_type);

/// "inuse_objects, inuse_space", or "none": for messages.
[[nodiscard]] std::string ListSampleTypes(const Profile& profile);

/// Sum of one value over all samples.
[[nodiscard]] std::int64_t Total(const Profile& profile, std::size_t sample_type);

}  // namespace mqtrack::profile

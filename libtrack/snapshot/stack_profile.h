// Values that were found out about the blocks of a log, by the stacks that made these, as a Profile.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"

namespace mqtrack::snapshot {

/// Values of one stack, with the labels and the generation of the blocks that they are of.
struct StackValues {
  log::StackId stack{};
  log::LabelsId labels{};
  std::uint32_t generation = 0;
  std::vector<std::int64_t> values;                // one per sample type
  std::vector<profile::Label> labels_beside = {};  // further ones
};

/// Samples with these values, equal ones merged, with names if `options` want them; the last type is the default one.
/// `content` has the stacks, labels and modules, and the facts of the recording, which become facts of the profile.
[[nodiscard]] profile::Profile BuildStackProfile(const log::LogContent& content,
                                                 const process::RecordedProcess& process,
                                                 std::vector<profile::ValueType> types,
                                                 const std::vector<StackValues>& values, const Options& options);

}  // namespace mqtrack::snapshot

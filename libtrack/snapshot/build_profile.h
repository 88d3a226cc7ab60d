// A log's content as samples.
#pragma once

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::snapshot {

/// A log's content as a Profile without symbols: samples by (stack, labels, generation), mappings, facts as comments.
/// Sampled logs are scaled to unbiased values. Pure.
[[nodiscard]] profile::Profile BuildProfile(const log::LogContent& content);

}  // namespace mqtrack::snapshot

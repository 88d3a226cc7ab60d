// Live entries summed by stack, labels and generation. Private to the snapshot builder.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/snapshot/stack_locations.h"

namespace mqtrack::snapshot {

/// The live entries of one stack with one label set, born in one generation; of threads, started in one second.
struct LiveGroup {
  std::uint32_t stack = 0;   // a number of StackTable
  std::uint32_t labels = 0;  // a LabelsId
  std::uint32_t generation = 0;
  std::uint64_t started_unix_seconds = 0;                          // 0 of anything but threads
  std::uint64_t count[log::kKinds] = {}, bytes[log::kKinds] = {};  // by Kind
  double estimated_objects = 0, estimated_bytes = 0;               // sampled mode: what the heap blocks stand for
};

/// One group each, in no particular order.
[[nodiscard]] std::vector<LiveGroup> GroupLive(const log::LogContent& content, const StackTable& stacks);

/// When the thread of this entry was started; 0 of anything else.
[[nodiscard]] constexpr std::uint64_t StartOf(log::Kind kind, std::uint64_t handle) {
  return kind == log::Kind::kThread && (handle & log::kKernelHandle) == 0 ? log::ThreadStartOf(handle) : 0;
}

}  // namespace mqtrack::snapshot

// Watches what memory is left while the copy of a process is looked at. Pages that the process writes to meanwhile are
// there twice, so that what was enough when the copy was made may not be any more: then the copy is ended, which gives
// its pages back at once, and what was found by it is void.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libtrack/heapgraph/capture/headroom.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

class RoomWatch {
 public:
  using Limits = std::function<std::vector<MemoryLimit>()>;
  /// Watches on a thread of its own, until it is destroyed, and kills `copy` when less than `least_bytes` of one of
  /// `limits` is left. The copy is not reaped before. `name`: of the process, for the error.
  RoomWatch(pid_t copy, std::int64_t least_bytes, Limits limits, std::string name);
  RoomWatch(const RoomWatch&) = delete;
  RoomWatch& operator=(const RoomWatch&) = delete;
  ~RoomWatch();

  /// An error if the copy was ended: with figures, or that somebody else has done so.
  [[nodiscard]] support::Status Check() const;

 private:
  void Watch();

  const pid_t copy_;
  const std::int64_t least_bytes_;
  const Limits limits_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;
  support::Status status_;
  std::thread thread_;
};

/// Of a copy that has the cost `cost`, what is to be left at least: some of what was asked for at the beginning.
[[nodiscard]] inline std::int64_t LeastRoomFor(const CopyCost& cost) { return cost.need_bytes() / 4; }

}  // namespace mqtrack::heapgraph

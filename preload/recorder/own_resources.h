// Resources of the service's own, which it says it has (mqtrack_acquire of track/track.h).
#pragma once

#include <cstdint>

#include "preload/recorder/recorder.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// A view of a recorder. Resources are known by the name of their kind and a handle. All members may be called from any
/// thread and from signal handlers, keep errno, allocate nothing, and never block.
class OwnResources {
 public:
  explicit constexpr OwnResources(Recorder& owner) : recorder_(owner) {}

  void Acquire(const char* kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller) const;
  void Release(const char* kind, std::uint64_t handle) const;

 private:
  Recorder& recorder_;
};

inline constexpr OwnResources own_resources{recorder};

}  // namespace mqtrack::recorder

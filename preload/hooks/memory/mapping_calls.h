// What the calls that map and unmap memory do with the recorder, whichever way the program calls them: by their names
// or through syscall. The real call is made by a function object, since its type depends on the way.
//
// What is unmapped is looked up whoever unmaps it; only what the allocator maps for itself is not entered.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "preload/hooks/process/late_log.h"
#include "preload/recorder/mappings/mappings.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// True if mappings are recorded. Starts the recorder if this is the first call into the library.
inline bool FollowMappings() {
  if (phase == Phase::kCold) [[unlikely]]
    StartOnce();
  return WillRecord() && recorder::recorder.Records(log::Kind::kMapping);
}

/// The arguments of mmap that matter.
struct MapRequest {
  const void* address;
  std::size_t bytes;
  int flags;
  int fd;
};
/// Those of mremap. `wanted` means something if the flags say so.
struct RemapRequest {
  const void* old;
  std::size_t old_bytes;
  std::size_t bytes;
  int flags;
  const void* wanted;
};

/// What has to be remembered from before a call to after it.
struct MappingChange {
  recorder::CutMappings source;   // what the call unmaps or moves
  recorder::CutMappings covered;  // what mremap maps over
};

// Only if FollowMappings(). `frame` is the hook's. errno is kept.
void BeforeMap(const MapRequest& request, MappingChange& change);
void AfterMap(const MapRequest& request, const void* mapped, MappingChange& change, recorder::StartFrame frame);
void BeforeUnmap(const void* address, std::size_t bytes, MappingChange& change);
void AfterUnmap(bool succeeded, MappingChange& change);
void BeforeRemap(const RemapRequest& request, MappingChange& change);
void AfterRemap(const RemapRequest& request, const void* mapped, MappingChange& change, recorder::StartFrame frame);
/// shmat returned `mapped`.
void AfterAttach(int segment, const void* mapped, recorder::StartFrame frame);
/// shmdt is about to unmap what is mapped from here on.
void BeforeDetach(const void* mapped, MappingChange& change);
/// The break is about to be moved down, and was moved up.
void BeforeBreakLowered(std::uintptr_t from, std::uintptr_t to, MappingChange& change);
void AfterBreakRaised(std::uintptr_t from, std::uintptr_t to, recorder::StartFrame frame);

/// Enters the files and the shared memory that are mapped already, when the recorder is put into a running process.
/// Private anonymous memory is not told from heap and stacks, and left out.
void RecordInheritedMappings();

template <typename RealMap>
void* Map(const MapRequest& request, recorder::StartFrame frame, RealMap real_map) {
  if (!FollowMappings()) return real_map();
  MappingChange change;
  BeforeMap(request, change);
  void* mapped = real_map();
  AfterMap(request, mapped, change, frame);
  return mapped;
}

template <typename RealUnmap>
auto Unmap(const void* address, std::size_t bytes, RealUnmap real_unmap) {
  if (!FollowMappings()) return real_unmap();
  MappingChange change;
  BeforeUnmap(address, bytes, change);
  const auto result = real_unmap();
  AfterUnmap(result == 0, change);
  return result;
}

template <typename RealRemap>
void* Remap(const RemapRequest& request, recorder::StartFrame frame, RealRemap real_remap) {
  if (!FollowMappings()) return real_remap();
  MappingChange change;
  BeforeRemap(request, change);
  void* mapped = real_remap();
  AfterRemap(request, mapped, change, frame);
  return mapped;
}

template <typename RealAttach>
void* AttachSegment(int segment, recorder::StartFrame frame, RealAttach real_attach) {
  void* mapped = real_attach();
  if (mapped != MAP_FAILED && FollowMappings()) AfterAttach(segment, mapped, frame);
  return mapped;
}

template <typename RealDetach>
auto DetachSegment(const void* mapped, RealDetach real_detach) {
  if (!FollowMappings()) return real_detach();
  MappingChange change;
  BeforeDetach(mapped, change);
  const auto result = real_detach();
  AfterUnmap(result == 0, change);
  return result;
}

}  // namespace mqtrack::hooks

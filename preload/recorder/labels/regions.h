// Regions: what a thread makes in a region that the service has named (MQTRACK_REGION of track/track.h) carries its
// name.
#pragma once

#include "preload/recorder/recorder.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::recorder {

/// A view of a recorder. All members may be called from any thread and from signal handlers, keep errno, allocate
/// nothing, and never block.
class Regions {
 public:
  explicit constexpr Regions(Recorder& owner) : recorder_(owner) {}

  /// `token` is the address by which the region is left; `frame` the hook's own, which tells regions that were left by
  /// longjmp.
  void Enter(const void* token, const char* name, StartFrame frame) const;
  void Leave(const void* token, StartFrame frame) const;

  /// `labels` with the region that the calling thread is in.
  [[nodiscard]] log::LabelsId AddTo(log::LabelsId labels) const;

 private:
  /// The calling thread is in another region than before.
  void Changed() const;
  /// While a timeline is asked for: it has entered the region `name`, or left one.
  void Trace(log::TraceType type, const char* name) const;

  Recorder& recorder_;
};

inline constexpr Regions regions{recorder};

}  // namespace mqtrack::recorder

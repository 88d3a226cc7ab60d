// The label set of a thread, which everything carries that the thread makes: its name, the region that the thread is in
// (labels/regions.h), and the MQTT packet that it handles (packets/packet_labels.h).
#pragma once

#include "libtrack/log/layout.h"
#include "preload/recorder/packets/attribution.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// A view of a recorder, for its parts. Members may be called from any thread and from signal handlers, allocate
/// nothing and never block; errno is kept.
class ThreadLabels {
 public:
  explicit constexpr ThreadLabels(Recorder& owner) : recorder_(owner) {}

  /// The labels of one thing more that `thread`, the calling one, makes now.
  [[nodiscard]] log::LabelsId Of(ThreadState& thread) const {
    Refresh(thread);
    EndPacketOfOldLoop(thread);
    if (thread.in_packet == InPacket::kUnlabelled) [[unlikely]]
      LabelPacket();
    --thread.name_age;
    return static_cast<log::LabelsId>(thread.labels);
  }
  /// Reads the name of `thread`, the calling one, unless that was done lately.
  void Refresh(ThreadState& thread) const {
    if (thread.name_age == 0 || thread.session != recorder_.session()) ReadName(thread);
  }
  /// The calling thread's name has changed.
  static void Renamed() { thread_state.name_age = 0; }

 private:
  void ReadName(ThreadState& thread) const;
  static void LabelPacket();

  Recorder& recorder_;
};

}  // namespace mqtrack::recorder

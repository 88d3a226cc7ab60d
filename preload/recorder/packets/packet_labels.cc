#include "preload/recorder/packets/packet_labels.h"

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/thread_labels.h"

namespace mqtrack::recorder {

void PacketLabels::Begin(const Connection& connection, const Handling& handling, ConnectionSets& known) const {
  ThreadState& thread = thread_state;
  ThreadLabels(recorder_).Refresh(thread);
  const auto name = static_cast<log::LabelsId>(thread.name_labels);
  thread.labels =
      static_cast<std::uint32_t>(recorder_.packet_sets().SetOf(recorder_.labels(), name, connection, handling, known));
  thread.in_packet = InPacket::kLabelled;
}

void PacketLabels::CountLostConnection() const { AddRelaxed(recorder_.header().lost_connections, std::uint64_t{1}); }

}  // namespace mqtrack::recorder

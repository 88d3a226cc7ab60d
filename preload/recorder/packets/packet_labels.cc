#include "preload/recorder/packets/packet_labels.h"

#include "preload/recorder/resources.h"
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

void PacketLabels::NameConnection(int fd, const Connection& connection) const {
  if (!recorder_.Records(log::Kind::kDescriptor)) return;
  constexpr char kOther[] = "(other)";
  ThreadState& thread = thread_state;
  const Inside before = thread.inside;
  thread.entered_at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  thread.inside = Inside::kRecorder;
  Label label = {log::LabelKey::kMqttClient, connection.client.data, connection.client.bytes};
  if (!recorder_.packet_sets().HasRoom()) label = {log::LabelKey::kMqttClient, kOther, sizeof kOther - 1};
  (void)Resources(recorder_).Relabel(log::Kind::kDescriptor, static_cast<std::uint64_t>(fd), &label, 1);
  thread.inside = before;
}

void PacketLabels::CountLostConnection() const { AddRelaxed(recorder_.header().lost_connections, std::uint64_t{1}); }

}  // namespace mqtrack::recorder

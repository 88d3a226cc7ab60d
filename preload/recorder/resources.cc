// Live things other than heap blocks: threads, timers, descriptors, mappings, MQTT clients and subscriptions. Each is
// one entry of the same live table, exact in sampled mode too: they are few.
#include "preload/recorder/errno_keeper.h"
#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {

void Recorder::RecordResource(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller,
                              const Label* labels, std::size_t label_count) {
  if (!Records(kind)) return;
  const ErrnoKeeper keep_errno;
  LiveRecord record = NewRecord(thread_state, bytes);
  if (label_count != 0) record.labels = labels_.Intern(record.labels, labels, label_count);
  if (const log::StackRecord* stack = StackOf(caller)) record.stack = stacks_.IdOf(stack);
  InsertRecord(thread_state, log::MakeKey(kind, handle), record);
}

void Recorder::RecordInherited(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, const Label* labels,
                               std::size_t label_count) {
  if (!Records(kind)) return;
  const ErrnoKeeper keep_errno;
  LiveRecord record;
  record.bytes = bytes;
  record.labels = labels_.Intern(log::LabelsId::kNone, labels, label_count);
  if (const log::StackRecord* stack = stacks_.InternSynthetic(log::SyntheticStack::kBeforeAttach)) {
    record.stack = stacks_.IdOf(stack);
  }
  InsertRecord(thread_state, log::MakeKey(kind, handle), record);
}

bool Recorder::ForgetResource(log::Kind kind, std::uint64_t handle, LiveRecord& record) {
  if (!Records(kind)) return false;
  const ErrnoKeeper keep_errno;
  return Forget(thread_state, log::MakeKey(kind, handle), record);
}

void Recorder::RestoreResource(log::Kind kind, std::uint64_t handle, const LiveRecord& record) {
  if (!Records(kind)) return;
  const ErrnoKeeper keep_errno;
  InsertRecord(thread_state, log::MakeKey(kind, handle), record);
}

bool Recorder::RelabelResource(log::Kind kind, std::uint64_t handle, const Label* labels, std::size_t label_count) {
  LiveRecord record;
  if (!ForgetResource(kind, handle, record)) return false;
  record.labels = labels_.Intern(record.labels, labels, label_count);
  RestoreResource(kind, handle, record);
  return true;
}

}  // namespace mqtrack::recorder

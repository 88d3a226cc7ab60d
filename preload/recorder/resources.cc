// Live things other than heap blocks: threads, timers, descriptors, mappings, MQTT clients and subscriptions. Each is
// one entry of the same live table, exact in sampled mode too: they are few.
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"

namespace mqtrack::recorder {

LiveRecord Recorder::DescribeResource(std::uint64_t bytes, StartFrame caller, const Label* labels,
                                      std::size_t label_count) {
  const ErrnoKeeper keep_errno;
  LiveRecord record = NewRecord(thread_state, bytes);
  if (label_count != 0) record.labels = labels_.Intern(record.labels, labels, label_count);
  if (const log::StackRecord* stack = StackOf(caller)) record.stack = stacks_.IdOf(stack);
  return record;
}

LiveRecord Recorder::DescribeInherited(std::uint64_t bytes, const Label* labels, std::size_t label_count) {
  const ErrnoKeeper keep_errno;
  LiveRecord record;
  record.bytes = bytes;
  record.labels = labels_.Intern(log::LabelsId::kNone, labels, label_count);
  const auto why = IsAttached() ? log::SyntheticStack::kBeforeAttach : log::SyntheticStack::kInherited;
  if (const log::StackRecord* stack = stacks_.InternSynthetic(why)) {
    record.stack = stacks_.IdOf(stack);
  }
  return record;
}

void Recorder::RecordResource(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller,
                              const Label* labels, std::size_t label_count) {
  if (Records(kind)) RestoreResource(kind, handle, DescribeResource(bytes, caller, labels, label_count));
}

void Recorder::RecordInherited(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, const Label* labels,
                               std::size_t label_count) {
  if (Records(kind)) RestoreResource(kind, handle, DescribeInherited(bytes, labels, label_count));
}

bool Recorder::ForgetResource(log::Kind kind, std::uint64_t handle, LiveRecord& record) {
  if (!Records(kind)) return false;
  const ErrnoKeeper keep_errno;
  return live_.Remove(log::MakeKey(kind, handle), &record);
}

bool Recorder::KnowsResource(log::Kind kind, std::uint64_t handle) const {
  log::LabelsId labels{};
  return Records(kind) && live_.FindLabels(log::MakeKey(kind, handle), labels);
}

void Recorder::RestoreResource(log::Kind kind, std::uint64_t handle, const LiveRecord& record) {
  if (!Records(kind)) return;
  const ErrnoKeeper keep_errno;
  InsertRecord(log::MakeKey(kind, handle), record);
}

bool Recorder::RelabelResource(log::Kind kind, std::uint64_t handle, const Label* labels, std::size_t label_count) {
  if (!Records(kind)) return false;
  const ErrnoKeeper keep_errno;
  const std::uint64_t key = log::MakeKey(kind, handle);
  constexpr int kMostAttempts = 16;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    log::LabelsId before{};
    if (!live_.FindLabels(key, before)) return false;
    log::LabelsId after = labels_.Intern(before, labels, label_count);
    // No room for another set: the new labels alone say more than the old ones, and are likelier to be known.
    if (after == log::LabelsId::kNone) after = labels_.Intern(log::LabelsId::kNone, labels, label_count);
    if (after == before || live_.SwapLabels(key, before, after)) return true;
  }
  return false;
}

void Recorder::ForgetWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle)) {
  if (recording_ && Records(kind)) live_.RemoveWhere(kind, is_gone);
}

}  // namespace mqtrack::recorder

#include "preload/recorder/resources.h"

#include "preload/recorder/creation.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"

namespace mqtrack::recorder {

LiveRecord Resources::Describe(std::uint64_t bytes, StartFrame caller, const Label* labels,
                               std::size_t label_count) const {
  const ErrnoKeeper keep_errno;
  const Creation creation(recorder_);
  LiveRecord record = creation.Describe(thread_state, bytes);
  if (label_count != 0) record.labels = recorder_.labels().Intern(record.labels, labels, label_count);
  if (const log::StackRecord* stack = creation.StackOf(caller)) record.stack = recorder_.stacks().IdOf(stack);
  return record;
}

LiveRecord Resources::DescribeInherited(std::uint64_t bytes, const Label* labels, std::size_t label_count) const {
  const ErrnoKeeper keep_errno;
  LiveRecord record;
  record.bytes = bytes;
  record.labels = recorder_.labels().Intern(log::LabelsId::kNone, labels, label_count);
  const auto why = recorder_.IsAttached() ? log::SyntheticStack::kBeforeAttach : log::SyntheticStack::kInherited;
  if (const log::StackRecord* stack = recorder_.stacks().InternSynthetic(why)) {
    record.stack = recorder_.stacks().IdOf(stack);
  }
  return record;
}

void Resources::Record(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller,
                       const Label* labels, std::size_t label_count) const {
  if (recorder_.Records(kind)) Restore(kind, handle, Describe(bytes, caller, labels, label_count));
}

void Resources::RecordInherited(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, const Label* labels,
                                std::size_t label_count) const {
  if (recorder_.Records(kind)) Restore(kind, handle, DescribeInherited(bytes, labels, label_count));
}

bool Resources::Forget(log::Kind kind, std::uint64_t handle, LiveRecord& record) const {
  if (!recorder_.Records(kind)) return false;
  const ErrnoKeeper keep_errno;
  return recorder_.live().Remove(log::MakeKey(kind, handle), &record);
}

bool Resources::Knows(log::Kind kind, std::uint64_t handle) const {
  log::LabelsId labels{};
  return recorder_.Records(kind) && recorder_.live().FindLabels(log::MakeKey(kind, handle), labels);
}

void Resources::Restore(log::Kind kind, std::uint64_t handle, const LiveRecord& record) const {
  if (!recorder_.Records(kind)) return;
  const ErrnoKeeper keep_errno;
  // A handle that is there already was given back past the hooks. That is not counted in Header::replaced, which is of
  // heap blocks: of descriptors readers ask the kernel.
  if (recorder_.live().Insert(log::MakeKey(kind, handle), record) != LiveTable::Inserted::kNoRoom) return;
  recorder_.CountLoss(log::Loss::kTableFull);
  AddRelaxed(recorder_.header().lost_bytes, record.bytes);
}

bool Resources::Relabel(log::Kind kind, std::uint64_t handle, const Label* labels, std::size_t label_count) const {
  if (!recorder_.Records(kind)) return false;
  const ErrnoKeeper keep_errno;
  const std::uint64_t key = log::MakeKey(kind, handle);
  constexpr int kMostAttempts = 16;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    log::LabelsId before{};
    if (!recorder_.live().FindLabels(key, before)) return false;
    log::LabelsId after = recorder_.labels().Intern(before, labels, label_count);
    // No room for another set: the new labels alone say more than the old ones, and are likelier to be known.
    if (after == log::LabelsId::kNone) after = recorder_.labels().Intern(log::LabelsId::kNone, labels, label_count);
    if (after == before || recorder_.live().SwapLabels(key, before, after)) return true;
  }
  return false;
}

void Resources::ForgetWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle)) const {
  if (recorder_.recording() && recorder_.Records(kind)) recorder_.live().RemoveWhere(kind, is_gone);
}

}  // namespace mqtrack::recorder

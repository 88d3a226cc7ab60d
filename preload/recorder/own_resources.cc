// Resources of the service's own, which it says it has (mqtrack_acquire of track/track.h).
#include "preload/recorder/labels/bounded_names.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/errno_keeper.h"

namespace mqtrack::recorder {
namespace {

/// Kept over all sessions, as the names of regions are.
constinit BoundedNames kind_names;

// A key is exact for handles that are addresses or numbers, of kinds whose names are kept:
//   bit 59      0
//   bits 48..58 number of the kind
//   bits 0..47  handle
// Of others it is a hash of 59 bits, with bit 59 set.
constexpr std::uint32_t kKindShift = 48;
constexpr std::uint64_t kHandleMask = (std::uint64_t{1} << kKindShift) - 1;
constexpr std::uint64_t kHashed = std::uint64_t{1} << 59;

std::uint64_t KeyOf(std::uint16_t number, const char* kind, std::uint64_t handle) {
  if (number != BoundedNames::kOther && handle <= kHandleMask) {
    return static_cast<std::uint64_t>(number) << kKindShift | handle;
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, of the whole name: kinds whose names are not kept differ too
  for (const char* at = kind; at != nullptr && *at != 0; ++at)
    hash = (hash ^ static_cast<unsigned char>(*at)) * 0x100000001b3ULL;
  return kHashed | (log::Mix(hash ^ log::Mix(handle)) & (kHashed - 1));
}

}  // namespace

void Recorder::Acquire(const char* kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller) {
  if (!Records(log::Kind::kCustom)) return;
  const ErrnoKeeper keep_errno;
  const std::uint16_t number = kind_names.NumberOf(BoundedNames::kNone, kind);
  const std::uint64_t key = KeyOf(number, kind, handle);
  LiveRecord before;
  (void)ForgetResource(log::Kind::kCustom, key, before);  // acquired again, it is the new one that lives
  LiveRecord record = NewRecord(thread_state, bytes);
  record.labels = named_sets_.With(labels_, record.labels, log::LabelKey::kKind, kind_names, number);
  if (const log::StackRecord* stack = StackOf(caller)) record.stack = stacks_.IdOf(stack);
  InsertRecord(log::MakeKey(log::Kind::kCustom, key), record);
}

void Recorder::Release(const char* kind, std::uint64_t handle) {
  if (!Records(log::Kind::kCustom)) return;
  const ErrnoKeeper keep_errno;
  const std::uint16_t number = kind_names.NumberOf(BoundedNames::kNone, kind);
  LiveRecord record;
  (void)ForgetResource(log::Kind::kCustom, KeyOf(number, kind, handle), record);
}

}  // namespace mqtrack::recorder

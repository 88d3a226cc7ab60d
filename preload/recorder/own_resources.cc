#include "preload/recorder/own_resources.h"

#include "preload/recorder/creation.h"
#include "preload/recorder/labels/bounded_names.h"
#include "preload/recorder/resources.h"
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

void OwnResources::Acquire(const char* kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller) const {
  if (!recorder_.Records(log::Kind::kCustom)) return;
  const ErrnoKeeper keep_errno;
  const std::uint16_t number = kind_names.NumberOf(BoundedNames::kNone, kind);
  const std::uint64_t key = KeyOf(number, kind, handle);
  LiveRecord before;
  (void)Resources(recorder_).Forget(log::Kind::kCustom, key, before);  // acquired again, it is the new one that lives
  const Creation creation(recorder_);
  LiveRecord record = creation.Describe(thread_state, bytes);
  record.labels =
      recorder_.named_sets().With(recorder_.labels(), record.labels, log::LabelKey::kKind, kind_names, number);
  if (const log::StackRecord* stack = creation.StackOf(caller)) record.stack = recorder_.stacks().IdOf(stack);
  recorder_.Insert(log::MakeKey(log::Kind::kCustom, key), record);
}

void OwnResources::Release(const char* kind, std::uint64_t handle) const {
  if (!recorder_.Records(log::Kind::kCustom)) return;
  const ErrnoKeeper keep_errno;
  const std::uint16_t number = kind_names.NumberOf(BoundedNames::kNone, kind);
  LiveRecord record;
  (void)Resources(recorder_).Forget(log::Kind::kCustom, KeyOf(number, kind, handle), record);
}

}  // namespace mqtrack::recorder

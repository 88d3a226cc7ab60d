#include "preload/hooks/memory/mapping_calls.h"

#include <sys/shm.h>
#include <sys/syscall.h>

#include "preload/hooks/memory/mapping_labels.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/resource_scope.h"
#include "preload/recorder/log/page_bytes.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/unwinding/loaded_objects.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

namespace mqtrack::hooks {
namespace {

using recorder::AddressRange;
using recorder::ErrnoKeeper;
using recorder::Inside;
using recorder::LoadRelaxed;
using recorder::MappedPiece;
using recorder::mappings;
using recorder::PageBytes;

constexpr unsigned kHugePageBits = 21;  // where the caller leaves the size of huge pages to the system
constexpr unsigned kHugeShift = 26, kHugeMask = 63;

/// The pages from `address` on that `bytes` touch; none if there is no such range.
AddressRange PagesOf(const void* address, std::size_t bytes, std::uintptr_t page = PageBytes()) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  const std::uintptr_t end = (start + bytes + page - 1) & ~(page - 1);
  if ((start & (PageBytes() - 1)) != 0 || end < start) return {};
  return {start, end};
}

std::uintptr_t PageOf(int flags) {
  if ((flags & MAP_HUGETLB) == 0) return PageBytes();
  const unsigned bits = static_cast<unsigned>(flags) >> kHugeShift & kHugeMask;
  return std::uintptr_t{1} << (bits != 0 ? bits : kHugePageBits);
}

/// True if the kernel unmaps what is in the way.
bool Replaces(int flags) { return (flags & MAP_FIXED) != 0 && (flags & MAP_FIXED_NOREPLACE) == 0; }

/// True if the old range stays mapped, and all of the new one is made by this call.
bool IsCopy(const RemapRequest& request) { return request.old_bytes == 0 || (request.flags & MREMAP_DONTUNMAP) != 0; }

AddressRange allocator;  // every thread that looks finds the same
std::uint32_t is_allocator_known;

/// The library that malloc comes from, which may map memory in threads of its own too. Never the program itself: an
/// allocator that is linked into it cannot be told from the rest.
bool IsInAllocator(std::uintptr_t address) {
  if (recorder::LoadAcquire(is_allocator_known) == 0) {
    recorder::LoadedObject object;
    if (recorder::FindObject(reinterpret_cast<std::uintptr_t>(real.malloc), object) && object.name != nullptr &&
        object.name[0] != 0) {
      recorder::StoreRelaxed(allocator.start, object.start);
      recorder::StoreRelaxed(allocator.end, object.end);
    }
    recorder::StoreRelease(is_allocator_known, 1u);
  }
  return address >= LoadRelaxed(allocator.start) && address < LoadRelaxed(allocator.end);
}

/// True if the hook with this frame was called by the allocator: from below one of our hooks of it, as the guard says
/// unless its setter was left behind (hook_scope.h), or from its own code.
bool IsCalledByAllocator(recorder::StartFrame frame) {
  const recorder::ThreadState& thread = recorder::thread_state;
  if (thread.inside == Inside::kRealCall && frame.address() < thread.entered_at) return true;
  const auto* caller = reinterpret_cast<const std::uint64_t*>(frame.return_address_place());
  return IsInAllocator(recorder::cpu::ReturnAddressIn(*caller));
}

void Enter(AddressRange range, const MappingLabels& labels, recorder::StartFrame frame) {
  mappings.Record(range, recorder::resources.Describe(range.bytes(), frame, labels.labels(), labels.count()));
}

}  // namespace

void BeforeMap(const MapRequest& request, MappingChange& change) {
  if (!Replaces(request.flags)) return;
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (scope.records()) mappings.Cut(PagesOf(request.address, request.bytes, PageOf(request.flags)), change.source);
}

void AfterMap(const MapRequest& request, const void* mapped, MappingChange& change, recorder::StartFrame frame) {
  const ErrnoKeeper keep_errno;
  const bool by_allocator = IsCalledByAllocator(frame);
  const ResourceScope scope(frame);
  if (!scope.records()) return;
  if (mapped == MAP_FAILED) return mappings.Restore(change.source);
  mappings.Discard(change.source);
  const AddressRange range = PagesOf(mapped, request.bytes, PageOf(request.flags));
  if (by_allocator) return mappings.Forget(range);
  Enter(range, MappingLabels(request.flags, request.fd), frame);
}

void BeforeUnmap(const void* address, std::size_t bytes, MappingChange& change) {
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (scope.records()) mappings.Cut(PagesOf(address, bytes), change.source);
}

void AfterUnmap(bool succeeded, MappingChange& change) {
  if (change.source.IsEmpty()) return;
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.records()) return;
  if (succeeded)
    mappings.Discard(change.source);
  else
    mappings.Restore(change.source);
}

void BeforeRemap(const RemapRequest& request, MappingChange& change) {
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (!scope.records()) return;
  if (!IsCopy(request)) mappings.Cut(PagesOf(request.old, request.old_bytes), change.source);
  if ((request.flags & MREMAP_FIXED) != 0) mappings.Cut(PagesOf(request.wanted, request.bytes), change.covered);
}

void AfterRemap(const RemapRequest& request, const void* mapped, MappingChange& change, recorder::StartFrame frame) {
  const ErrnoKeeper keep_errno;
  const bool by_allocator = IsCalledByAllocator(frame);
  const ResourceScope scope(frame);
  if (!scope.records()) return;
  if (mapped == MAP_FAILED) {
    mappings.Restore(change.source);
    return mappings.Restore(change.covered);
  }
  mappings.Discard(change.covered);
  const AddressRange after = PagesOf(mapped, request.bytes);
  const AddressRange before = IsCopy(request) ? AddressRange{} : PagesOf(request.old, request.old_bytes);
  if (by_allocator && change.source.IsEmpty()) return mappings.Forget(after);
  recorder::LiveRecord record;
  if (after.bytes() > before.bytes()) record = recorder::resources.Describe(0, frame, nullptr, 0);
  MappedPiece original;
  if (IsCopy(request) && mappings.Find(reinterpret_cast<std::uintptr_t>(request.old), original))
    record.labels = original.record.labels;
  mappings.Move(change.source, {before, after}, record);
}

void AfterAttach(int segment, const void* mapped, recorder::StartFrame frame) {
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(frame);
  shmid_ds facts{};
  if (!scope.records() || recorder::recorder.sandboxed() ||
      recorder::KernelCall(SYS_shmctl, segment, IPC_STAT, recorder::Argument(&facts)) != 0)
    return;
  Enter(PagesOf(mapped, facts.shm_segsz), MappingLabels(MappingLabels::kSysV), frame);
}

void BeforeDetach(const void* mapped, MappingChange& change) {
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  MappedPiece piece;
  const auto start = reinterpret_cast<std::uintptr_t>(mapped);
  if (scope.records() && mappings.Find(start, piece)) mappings.Cut({start, piece.range.end}, change.source);
}

void BeforeBreakLowered(std::uintptr_t from, std::uintptr_t to, MappingChange& change) {
  const ErrnoKeeper keep_errno;
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (scope.records()) mappings.Cut({to, from}, change.source);
}

void AfterBreakRaised(std::uintptr_t from, std::uintptr_t to, recorder::StartFrame frame) {
  const ErrnoKeeper keep_errno;
  const bool by_allocator = IsCalledByAllocator(frame);
  const ResourceScope scope(frame);
  if (scope.records() && !by_allocator) Enter({from, to}, MappingLabels(MappingLabels::kBreak), frame);
}

}  // namespace mqtrack::hooks

#include "libtrack/cpu/stack_tally.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libtrack/procfs/thread_facts.h"

namespace mqtrack::cpu {
namespace {

// What is loaded while it is looked at is found out this often at most.
constexpr std::chrono::milliseconds kBetweenLooks{500};
// Distinct stacks of a process are some thousands. Beyond this many, which take some 200 MB, further ones are counted
// together.
constexpr std::size_t kMostStacks = 200'000;

bool IsSameCode(const procfs::MemoryMapping& a, const procfs::MemoryMapping& b) {
  return a.start == b.start && a.end == b.end && a.inode == b.inode && a.path == b.path;
}

std::vector<procfs::MemoryMapping> MapsOf(pid_t pid) {
  auto maps = procfs::ReadMemoryMaps(pid);
  return maps ? std::move(*maps) : std::vector<procfs::MemoryMapping>();
}

std::vector<procfs::MemoryMapping> CodeOf(const std::vector<procfs::MemoryMapping>& maps) {
  std::vector<procfs::MemoryMapping> code;
  std::copy_if(maps.begin(), maps.end(), std::back_inserter(code), [](const auto& map) { return map.executable; });
  return code;
}

}  // namespace

StackTally::StackTally(pid_t pid)
    : pid_(pid),
      maps_(MapsOf(pid)),
      memory_(std::make_unique<threads::ModuleMemory>(pid, maps_)),
      unwinder_(std::make_unique<threads::OfflineUnwinder>(*memory_)),
      looked_(Clock::now()) {}

// A process that has ended has none any more: what is known stays.
bool StackTally::LookAgainAtMappings() {
  if (Clock::now() - looked_ < kBetweenLooks) return false;
  std::vector<procfs::MemoryMapping> now = MapsOf(pid_);
  looked_ = Clock::now();
  const std::vector<procfs::MemoryMapping> code = CodeOf(now), before = CodeOf(maps_);
  if (code.empty() || std::equal(code.begin(), code.end(), before.begin(), before.end(), IsSameCode)) return false;
  maps_ = std::move(now);
  unwinder_.reset();
  memory_ = std::make_unique<threads::ModuleMemory>(pid_, maps_);
  unwinder_ = std::make_unique<threads::OfflineUnwinder>(*memory_);
  return true;
}

// Threads are named after they were made: the name is read for each sample, while there is one.
const std::string& StackTally::NameOf(pid_t tid) {
  std::string& name = names_[tid];
  if (std::string now = procfs::ReadThreadName(pid_, tid); !now.empty()) name = std::move(now);
  return name;
}

WorkSum& StackTally::Count(WorkStack stack, std::int64_t samples, std::int64_t nanos) {
  nanos_ += nanos;
  if (sums_.size() >= kMostStacks && !sums_.contains(stack)) {
    stack = WorkStack{.thread = std::move(stack.thread), .addresses = {}, .gap = "too many different stacks"};
  }
  WorkSum& sum = sums_[std::move(stack)];
  sum.samples += samples;
  sum.nanos += nanos;
  return sum;
}

void StackTally::Add(pid_t tid, const threads::ThreadCopy& copy, std::int64_t nanos) {
  threads::UnwoundStack unwound = unwinder_->Unwind(copy);
  if (!unwound.complete && !unwound.truncated && LookAgainAtMappings()) unwound = unwinder_->Unwind(copy);
  WorkStack stack;
  stack.thread = NameOf(tid);
  stack.addresses = std::move(unwound.addresses);
  stack.complete = unwound.complete;
  stack.truncated = unwound.truncated;
  latest_[tid] = &Count(std::move(stack), 1, nanos);
}

void StackTally::AddRest(pid_t tid, std::int64_t nanos) {
  if (nanos == 0) return;
  const auto latest = latest_.find(tid);
  if (latest == latest_.end()) return AddGap(tid, kNeverMet, 0, nanos);
  latest->second->nanos += nanos;
  nanos_ += nanos;
}

void StackTally::AddGap(pid_t tid, const std::string& why, std::int64_t samples, std::int64_t nanos) {
  WorkStack stack;
  if (tid != 0) stack.thread = NameOf(tid);
  stack.gap = why;
  Count(std::move(stack), samples, nanos);
}

}  // namespace mqtrack::cpu

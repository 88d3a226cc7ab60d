#include "libtrack/cpu/event_sampler.h"

#include <linux/perf_event.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libtrack/threads/sampled_registers.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::cpu {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

// With it a record stays below the 64 KiB that its header can count.
constexpr std::uint32_t kStackBytes = 32 * 1024;
constexpr int kWakeUpBytes = 64 * 1024, kPollMillis = 50;

/// Takes values from the front of a record.
class RecordReader {
 public:
  explicit RecordReader(std::span<const std::byte> bytes) : left_(bytes) {}
  template <typename T>
  [[nodiscard]] bool Take(T& value) {
    if (left_.size() < sizeof value) return false;
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return true;
  }
  [[nodiscard]] bool TakeBytes(std::uint64_t count, std::span<const std::byte>& bytes) {
    if (left_.size() < count) return false;
    bytes = left_.first(count);
    left_ = left_.subspan(count);
    return true;
  }

 private:
  std::span<const std::byte> left_;
};

std::string WhyRefused(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "the kernel refuses perf_event_open here (kernel.perf_event_paranoid, a container's filter of system "
             "calls, "
             "or no CAP_PERFMON)";
    case ENOSYS:
    case ENOENT:
    case EOPNOTSUPP:
      return "this kernel has no perf events";
    case EMFILE:
      return "it takes a descriptor for each thread and processor, and more are not allowed (ulimit -n)";
    default:
      return std::string("perf_event_open: ") + std::strerror(error);
  }
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::int64_t EventSampler::period_nanos() const { return 1'000'000'000 / hz_; }

int EventSampler::OpenOne(pid_t tid, int processor) const {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = static_cast<__u64>(period_nanos());
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
  attributes.sample_regs_user = threads::SampledRegisterMask();
  attributes.sample_stack_user = kStackBytes;
  attributes.inherit = 1;
  attributes.inherit_thread = 1;  // not into children of fork
  attributes.exclude_kernel = has_kernel_time_ ? 0 : 1;
  attributes.exclude_hv = 1;
  attributes.watermark = 1;
  attributes.wakeup_watermark = kWakeUpBytes;
  return static_cast<int>(::syscall(SYS_perf_event_open, &attributes, tid, processor, -1, PERF_FLAG_FD_CLOEXEC));
}

Status EventSampler::OpenOnProcessor(int processor, const std::vector<pid_t>& threads) {
  std::vector<support::FileHandle> events;
  for (const pid_t tid : threads) {
    support::FileHandle event(OpenOne(tid, processor));
    if (!event.valid()) {
      if (errno == ESRCH || errno == ENODEV) continue;  // the thread has ended, or the processor is not there
      return Error{ErrorCode::kCannotMeasure, WhyRefused(errno), ""};
    }
    events.push_back(std::move(event));
  }
  if (!events.empty()) events_.push_back(std::move(events));
  return {};
}

// The events of all threads on one processor share a ring: that of the first.
Status EventSampler::ShareRings() {
  for (const auto& events : events_) first_events_.push_back(events.front().get());
  support::Result<std::vector<EventRing>> rings = MapRings(first_events_);
  if (!rings) return rings.error();
  rings_ = std::move(rings).value();
  for (const auto& events : events_) {
    for (std::size_t i = 1; i < events.size(); ++i) {
      if (::ioctl(events[i].get(), PERF_EVENT_IOC_SET_OUTPUT, events.front().get()) != 0)
        return Error{ErrorCode::kCannotMeasure, WhyRefused(errno), ""};
    }
  }
  return {};
}

Status EventSampler::Open(bool needs_kernel_time) {
  RaiseDescriptorLimit();
  has_kernel_time_ = true;
  if (support::FileHandle probe(OpenOne(pid_, -1)); !probe.valid()) {
    if (errno != EACCES && errno != EPERM) return Error{ErrorCode::kCannotMeasure, WhyRefused(errno), ""};
    has_kernel_time_ = false;
    if (support::FileHandle user_only(OpenOne(pid_, -1)); needs_kernel_time || !user_only.valid())
      return Error{ErrorCode::kCannotMeasure, WhyRefused(EACCES), ""};
  }
  const std::vector<pid_t> threads = threads::ThreadsOf(pid_);
  const auto processors = static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF));
  for (int processor = 0; processor < processors; ++processor) {
    if (Status opened = OpenOnProcessor(processor, threads); !opened) return opened;
  }
  if (events_.empty()) return Error{ErrorCode::kCannotMeasure, "none of its threads could be followed", ""};
  return ShareRings();
}

void EventSampler::TakeSample(std::span<const std::byte> record, StackTally& tally) {
  RecordReader reader(record.subspan(sizeof(perf_event_header)));
  std::uint32_t pid = 0, tid = 0;
  std::uint64_t abi = 0, stack_bytes = 0, copied_bytes = 0;
  std::array<std::uint64_t, 64> values{};
  const auto count = static_cast<std::size_t>(std::popcount(threads::SampledRegisterMask()));
  std::span<const std::byte> stack;
  bool is_good = reader.Take(pid) && reader.Take(tid) && reader.Take(abi) && abi != PERF_SAMPLE_REGS_ABI_NONE;
  for (std::size_t i = 0; is_good && i < count; ++i) is_good = reader.Take(values[i]);
  is_good = is_good && reader.Take(stack_bytes) && reader.TakeBytes(stack_bytes, stack) &&
            (stack_bytes == 0 || reader.Take(copied_bytes));
  const auto registers = threads::RegistersOfSample(abi, std::span(values).first(count));
  if (!is_good || !registers) {
    ++cost_.without;
    return tally.AddGap(static_cast<pid_t>(tid), "no stack of 64-bit code", 1, period_nanos());
  }
  copy_.registers = *registers;
  copy_.stack_start = registers->sp();
  const std::span<const std::byte> copied = stack.first(std::min<std::uint64_t>(copied_bytes, stack.size()));
  copy_.stack.assign(copied.begin(), copied.end());
  tally.Add(static_cast<pid_t>(tid), copy_, period_nanos());
}

void EventSampler::Drain(StackTally& tally) {
  std::vector<std::byte> record;
  for (EventRing& ring : rings_) {
    while (ring.Next(record)) {
      perf_event_header header{};
      std::memcpy(&header, record.data(), sizeof header);
      if (header.type == PERF_RECORD_SAMPLE) TakeSample(record, tally);
      if (header.type != PERF_RECORD_LOST) continue;
      std::uint64_t id = 0, lost = 0;
      RecordReader reader(std::span<const std::byte>(record).subspan(sizeof header));
      if (reader.Take(id) && reader.Take(lost)) cost_.lost += static_cast<std::int64_t>(lost);
    }
  }
}

void EventSampler::Run(StackTally& tally, std::chrono::steady_clock::time_point deadline,
                       const std::function<bool()>& is_interrupted) {
  std::vector<pollfd> rings;
  for (const int event : first_events_) rings.push_back({event, POLLIN, 0});
  while (!has_ended_ && !is_interrupted() && std::chrono::steady_clock::now() < deadline) {
    // An event whose thread has ended would end each wait at once.
    const int ready = ::poll(rings.data(), rings.size(), kPollMillis);
    for (pollfd& ring : rings) {
      if (ready > 0 && (ring.revents & (POLLHUP | POLLERR)) != 0) ring.fd = -1;
    }
    Drain(tally);
    has_ended_ = !clock_.IsOfRunning();
  }
  for (const auto& events : events_) {
    for (const support::FileHandle& event : events) ::ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0);
  }
  Drain(tally);
}

}  // namespace mqtrack::cpu

#include "libtrack/attach/safe_point.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/support/base_name.h"
#include "libtrack/threads/interrupted_call.h"

namespace mqtrack::attach {
namespace {

constexpr std::string_view kAllocator[] = {
    "malloc",        "free",          "calloc",        "realloc",        "reallocarray",  "posix_memalign",
    "memalign",      "aligned_alloc", "valloc",        "pvalloc",        "malloc_trim",   "malloc_stats",
    "malloc_info",   "mallinfo",      "mallinfo2",     "mallopt",        "cfree",         "__libc_memalign",
    "__libc_malloc", "__libc_free",   "__libc_calloc", "__libc_realloc", "__libc_freeres"};

// Others of libc that hold the loader's, the allocator's or the thread list's locks, or after which nothing is as
// before.
constexpr std::string_view kLibcUnsafe[] = {"dlopen",         "dlmopen",
                                            "dlclose",        "dlsym",
                                            "dlvsym",         "dladdr",
                                            "dladdr1",        "dlinfo",
                                            "dlerror",        "dl_iterate_phdr",
                                            "fork",           "_Fork",
                                            "vfork",          "posix_spawn",
                                            "posix_spawnp",   "exit",
                                            "_exit",          "quick_exit",
                                            "pthread_create", "pthread_exit",
                                            "abort",          "__libc_dlopen_mode",
                                            "__libc_dlsym",   "pthread_getattr_np",
                                            "system",         "popen",
                                            "clone",          "__cxa_finalize"};

// Hooks of the recorder that wait in the real function, and hold nothing of the recorder's meanwhile: what they do
// after it does nothing once the recorder is inert, and is right for a recorder that was started again.
constexpr std::string_view kWaitingHooks[] = {"read",
                                              "readv",
                                              "recv",
                                              "recvfrom",
                                              "recvmsg",
                                              "recvmmsg",
                                              "__read_chk",
                                              "__recv_chk",
                                              "write",
                                              "writev",
                                              "send",
                                              "sendto",
                                              "sendmsg",
                                              "SSL_write",
                                              "SSL_write_ex",
                                              "accept",
                                              "accept4",
                                              "connect",
                                              "SSL_read",
                                              "SSL_read_ex",
                                              "__recvfrom_chk",
                                              "epoll_wait",
                                              "epoll_pwait",
                                              "epoll_pwait2",
                                              "poll",
                                              "ppoll",
                                              "select",
                                              "__poll_chk",
                                              "pselect",
                                              "__ppoll_chk",
                                              "pthread_join",
                                              "thrd_join",
                                              "pthread_timedjoin_np",
                                              "pthread_clockjoin_np"};

bool IsAllocatorLibrary(std::string_view file) {
  for (const std::string_view name : {"libjemalloc", "libtcmalloc", "libmimalloc", "libhoard", "librpmalloc"}) {
    if (file.starts_with(name)) return true;
  }
  return false;
}

template <typename Names>
bool IsOneOf(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

SafePoints::SafePoints(const std::vector<RemoteModule>& modules) {
  for (const RemoteModule& module : modules) {
    const std::string_view file = support::BaseName(support::WithoutDeletedMark(module.path));
    const bool libc = file.starts_with("libc.so.");
    const bool recorder = file.starts_with("libmqtrack_preload");
    if (recorder) {
      ForbidAllBut(kWaitingHooks, module, file);
      continue;
    }
    if (file.starts_with("ld-linux") || IsAllocatorLibrary(file)) {
      forbidden_.push_back({module.code_start, module.code_end, std::string(file), true});
      continue;
    }
    if (libc) libc_start_ = module.code_start, libc_end_ = module.code_end;
    for (const RemoteSymbol& symbol : module.symbols) {
      if (!module.HasCode(symbol.address)) continue;
      const Range range = {symbol.address, symbol.address + symbol.bytes, symbol.name};
      if (IsOneOf(kAllocator, symbol.name)) {
        forbidden_.push_back(range);
        if (!libc) own_allocator_ = true;
      } else if (libc && IsOneOf(kLibcUnsafe, symbol.name)) {
        forbidden_.push_back(range);
      } else if (libc) {
        allowed_libc_.push_back(range);
      }
    }
  }
}

void SafePoints::ForbidAllBut(std::span<const std::string_view> names, const RemoteModule& module,
                              std::string_view file) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> allowed;
  for (const RemoteSymbol& symbol : module.symbols) {
    if (module.HasCode(symbol.address) && IsOneOf(names, symbol.name))
      allowed.emplace_back(symbol.address, symbol.address + symbol.bytes);
  }
  std::sort(allowed.begin(), allowed.end());
  std::uint64_t at = module.code_start;
  for (const auto& [start, end] : allowed) {
    if (start > at) forbidden_.push_back({at, start, std::string(file), false});
    at = std::max(at, end);
  }
  if (at < module.code_end) forbidden_.push_back({at, module.code_end, std::string(file), false});
}

bool SafePoints::IsInLibc(std::uint64_t address) const { return address >= libc_start_ && address < libc_end_; }

// A thread that an allocator runs for itself (jemalloc's background thread) waits there without a lock.
bool SafePoints::IsAllocatorsOwn(const RemoteStack& stack) const {
  for (auto address = stack.addresses.rbegin(); address != stack.addresses.rend(); ++address) {
    if (IsInLibc(*address)) continue;
    return std::any_of(forbidden_.begin(), forbidden_.end(), [&](const Range& range) {
      return *address >= range.start && *address < range.end && IsAllocatorLibrary(range.name);
    });
  }
  return false;
}

const SafePoints::Range* SafePoints::Forbidden(const RemoteStack& stack) const {
  const Range* found = nullptr;
  for (const std::uint64_t address : stack.addresses) {
    for (const Range& range : forbidden_) {
      if (address < range.start || address >= range.end) continue;
      if (found == nullptr || range.holds_locks) found = &range;
      if (range.holds_locks) return found;
    }
  }
  return found;
}

SafePoints::Judgement SafePoints::Judge(const threads::CpuRegisters& registers, const RemoteStack& stack) const {
  const Range* forbidden = Forbidden(stack);
  const bool waits = threads::IsWaitingCall(registers);
  // A thread that waits for a lock in there waits for another thread, and it is that one which matters.
  if (forbidden != nullptr) {
    const bool blocks = waits && !threads::IsFutexCall(registers) && forbidden->holds_locks && !IsAllocatorsOwn(stack);
    return {blocks ? Verdict::kBlocking : Verdict::kPassing, forbidden->name};
  }
  if (!stack.complete || stack.addresses.empty()) return {};
  if (!threads::IsInCall(registers))
    return {IsInLibc(stack.addresses.front()) || own_allocator_ ? Verdict::kPassing : Verdict::kSafe, {}};
  if (!waits || threads::IsSignalWait(registers)) return {};
  // libc's inner functions have no names. A thread may be giving memory back as it ends, in functions that are all
  // unknown: a lock counts as harmless only if a function with a name asked for it, or code outside libc.
  if (threads::IsFutexCall(registers)) {
    for (const std::uint64_t address : stack.addresses) {
      if (!IsInLibc(address)) return {Verdict::kSafe, {}};
      for (const Range& range : allowed_libc_) {
        if (address >= range.start && address < range.end && !range.name.starts_with("clone") &&
            !range.name.starts_with("__clone"))
          return {Verdict::kSafe, {}};
      }
    }
    return {};
  }
  return {Verdict::kSafe, {}};
}

}  // namespace mqtrack::attach

// Where a thread may be made to call dlopen: outside everything that dlopen itself needs. A thread inside malloc holds
// its lock, one inside the loader leaves lists half changed, and a thread that waits there holds up all others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/attach/remote/remote_module.h"
#include "libtrack/attach/remote/remote_stack.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::attach {

/// Judges stopped threads of one process. Made before anything is stopped.
class SafePoints {
 public:
  /// `modules` with the symbols of libc, the loader, the executable and the recorder read.
  explicit SafePoints(const std::vector<RemoteModule>& modules);

  enum class Verdict {
    kSafe,      // may be made to call
    kPassing,   // not now, but it moves on by itself
    kBlocking,  // waits inside the allocator or the loader: nobody may call
  };
  struct Judgement {
    Verdict verdict = Verdict::kPassing;
    std::string inside;  // the function that is in the way; empty: none in particular
  };
  [[nodiscard]] Judgement Judge(const threads::CpuRegisters& registers, const RemoteStack& stack) const;

 private:
  struct Range {
    std::uint64_t start, end;
    std::string name;
    bool holds_locks = true;  // of the allocator or the loader
  };
  void ForbidAllBut(std::span<const std::string_view> names, const RemoteModule& module, std::string_view file);
  [[nodiscard]] const Range* Forbidden(const RemoteStack& stack) const;
  [[nodiscard]] bool IsAllocatorsOwn(const RemoteStack& stack) const;
  [[nodiscard]] bool IsInLibc(std::uint64_t address) const;
  std::vector<Range> forbidden_;
  std::vector<Range> allowed_libc_;  // functions of libc in which threads wait for one another
  std::uint64_t libc_start_ = 0, libc_end_ = 0;
  bool own_allocator_ = false;  // in the executable: its inner functions have no names we could know
};

}  // namespace mqtrack::attach

// Which memory holds code, also such as no loader has mapped: what a just-in-time compiler has made.
//
// Read from /proc/self/maps when a stack runs through code without unwind tables, and only then: a program without such
// code never reads it. Calls that make, take away or replace code raise an era, so that it is known whether the list
// still is as memory is; what a program changes past the C library is noticed later.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::recorder {

enum class CodeAt : std::uint8_t {
  kNone,     // no code there
  kCode,     // there was when the list was read; it may have been replaced since
  kUnknown,  // not known at the moment
};

/// What the list says as it is. Takes no lock, allocates nothing; async-signal-safe.
[[nodiscard]] CodeAt LookUpCode(std::uint64_t address);

/// What lies there, with a look at /proc/self/maps if the list does not know and it is time for one. A look takes at
/// most a fiftieth of all time, and for what the list says is no code there is at most one a second. Takes no lock,
/// allocates nothing; async-signal-safe; errno is kept.
[[nodiscard]] CodeAt FindCode(std::uint64_t address);

/// From now on no file is opened, and the kernel is asked nothing: nothing is known to be code any more.
void ForgoCodeRanges();

/// False once that was said.
[[nodiscard]] bool MayFindCode();

/// In a child of fork, alone.
void RepairCodeRangesAfterFork();

/// Another number after each change of code that was announced; 0 while one is under way.
[[nodiscard]] std::uint64_t CodeEra();

/// To be there while memory is mapped, unmapped, protected or replaced. Cheap where no code is concerned.
class CodeChange {
 public:
  /// `makes_code`: the memory will be executable.
  CodeChange(const void* address, std::size_t bytes, bool makes_code)
      : low_(reinterpret_cast<std::uintptr_t>(address)),
        bytes_(bytes),
        concerns_code_(makes_code || ConcernsCode(low_, bytes)) {
    if (concerns_code_) Begin();
  }
  ~CodeChange() {
    if (concerns_code_) End();
  }
  CodeChange(const CodeChange&) = delete;
  CodeChange& operator=(const CodeChange&) = delete;

  [[nodiscard]] bool concerns_code() const { return concerns_code_; }
  /// Where the memory came to be that the kernel chose a place for. Returns it.
  void* Came(void* address) {
    low_ = reinterpret_cast<std::uintptr_t>(address);
    return address;
  }

 private:
  [[nodiscard]] static bool ConcernsCode(std::uintptr_t low, std::size_t bytes);
  static void Begin();
  void End() const;
  std::uintptr_t low_;
  std::size_t bytes_;
  bool concerns_code_;
};

}  // namespace mqtrack::recorder

// Code as a just-in-time compiler makes it: no tables, in memory that no loader knows. For x86-64.
//
// Each function calls its first argument with its second: void (*)(void (*callee)(void*), void* argument).
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "preload/recorder/unwinding/code_ranges.h"

namespace mqtrack::recorder {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline const Bytes kPushFrame = {0x55, 0x48, 0x89, 0xe5};                     // push %rbp; mov %rsp,%rbp
inline const Bytes kCall = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0xff, 0xd0};  // callee(argument)
inline const Bytes kCallAndMore = kCall + Bytes{0x90};                  // what follows does not show how the frame ends
inline const Bytes kPopFrame = {0x5d, 0xc3};                            // pop %rbp; ret
inline const Bytes kWithFrame = kPushFrame + kCallAndMore + kPopFrame;  // keeps a frame pointer
inline const Bytes kWithoutFrame =
    Bytes{0x50, 0x90, 0x90, 0x90} + kCallAndMore + Bytes{0x59, 0xc3};  // leaves %rbp alone

/// Lets %rbp be a number like any other.
inline Bytes WithFramePointer(std::uint64_t number) {
  Bytes load = {0x55, 0x48, 0xbd};  // push %rbp; movabs $number,%rbp
  for (int i = 0; i < 8; ++i) load.push_back(static_cast<std::uint8_t>(number >> 8 * i));
  return load + kCallAndMore + kPopFrame;
}

/// Pages of code; told of as the hooks do, and looked at before anything is called.
class MadeCode {
 public:
  using Function = void (*)(void (*callee)(void*), void* argument);
  static constexpr std::size_t kBytes = 4096;

  explicit MadeCode(const Bytes& code) {
    memory_ = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    Replace(code);
  }
  ~MadeCode() { Unmap(); }
  MadeCode(const MadeCode&) = delete;
  MadeCode& operator=(const MadeCode&) = delete;

  void Replace(const Bytes& code) {
    Protect(PROT_READ | PROT_WRITE);
    std::memcpy(memory_, code.data(), code.size());
    Protect(PROT_READ | PROT_EXEC);
    while (FindCode(start()) != CodeAt::kCode) {
    }
    while (LookUpCode(1) != CodeAt::kNone) (void)FindCode(1);  // and the list is as memory is
  }
  void Unmap() {
    const CodeChange change(memory_, kBytes, false);
    ::munmap(memory_, kBytes);
  }
  [[nodiscard]] std::uint64_t start() const { return reinterpret_cast<std::uint64_t>(memory_); }
  [[nodiscard]] bool Holds(std::uint64_t address) const { return address - start() < kBytes; }
  [[nodiscard]] Function function() const { return reinterpret_cast<Function>(memory_); }

 private:
  void Protect(int protection) {
    const CodeChange change(memory_, kBytes, (protection & PROT_EXEC) != 0);
    ::mprotect(memory_, kBytes, protection);
  }
  void* memory_;
};

}  // namespace mqtrack::recorder

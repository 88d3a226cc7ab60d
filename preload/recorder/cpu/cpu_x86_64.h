// x86-64, by the System V ABI's supplement for it. See cpu.h.
#pragma once

#include <cstdint>

namespace mqtrack::recorder::cpu {

/// DWARF numbers: rbp, rsp, and the column of the return address.
inline constexpr std::uint64_t kFramePointerRegister = 6, kStackPointerRegister = 7, kReturnAddressColumn = 16;

/// From the CFA: call pushes the return address, and the CFA is the stack pointer before the call.
inline constexpr std::int64_t kReturnAddressOffset = -8;
/// Where the return address of the frame with this CFA lies.
[[nodiscard]] constexpr std::uint64_t ReturnAddressPlace(std::uint64_t cfa) { return cfa - 8; }

/// How far below the CFA "push %rbp" at a function's start saves the frame pointer. That place surely lies in the
/// frame.
inline constexpr std::int32_t kPushedFramePointer = 16;

/// A signal may interrupt a function that keeps things below its stack pointer.
inline constexpr std::uint64_t kRedZone = 128;

/// The frame of a function with a frame pointer: the saved frame pointer, and above it the return address.
class FrameOfHook {
 public:
  /// `frame`: its __builtin_frame_address(0).
  explicit FrameOfHook(std::uint64_t frame) : frame_(frame) {}
  explicit FrameOfHook(const void* frame) : frame_(reinterpret_cast<std::uintptr_t>(frame)) {}
  [[nodiscard]] std::uint64_t frame_pointer_place() const { return frame_; }
  [[nodiscard]] std::uint64_t return_address_place() const { return frame_ + 8; }
  [[nodiscard]] std::uint64_t cfa() const { return frame_ + 16; }

 private:
  std::uint64_t frame_;
};

/// The page sizes that kernels for this processor may use.
inline constexpr std::uint64_t kSmallestPage = 4096, kLargestPage = 4096;

/// One instruction adds to memory, or swaps it, so that a signal handler comes before or after.
inline constexpr bool kHasPlainSteps = true;
/// field += value.
inline void PlainAdd(std::uint64_t& field, std::uint64_t value) {
  asm volatile("addq %1, %0" : "+m"(field) : "er"(value) : "cc", "memory");
}
/// If field is `expected`, makes it `desired`.
[[nodiscard]] inline bool PlainSwap(std::uint64_t& field, std::uint64_t expected, std::uint64_t desired) {
  bool swapped = false;
  asm volatile("cmpxchgq %3, %1" : "=@ccz"(swapped), "+m"(field), "+a"(expected) : "r"(desired) : "memory");
  return swapped;
}

}  // namespace mqtrack::recorder::cpu

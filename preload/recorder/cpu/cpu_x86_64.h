// x86-64, by the System V ABI's supplement for it. See cpu.h.
#pragma once

#include <cstdint>

namespace mqtrack::recorder::cpu {

/// DWARF numbers: rbp, rsp, and the column of the return address.
inline constexpr std::uint64_t kFramePointerRegister = 6, kStackPointerRegister = 7, kReturnAddressColumn = 16;

/// A call pushes the return address, and the CFA is the stack pointer before the call: the place is always the same,
/// so a rule has nothing to say of it.
inline constexpr bool kReturnPlaceVaries = false;
class ReturnPlace {
 public:
  /// False if the table says another one.
  [[nodiscard]] static constexpr bool IsAtCfa(std::int64_t offset, ReturnPlace&) { return offset == -kBelowCfa; }
  /// In a register that calls leave alone: there is none.
  [[nodiscard]] static constexpr bool IsSame(ReturnPlace&) { return false; }
  [[nodiscard]] static constexpr bool is_in_register() { return false; }
  [[nodiscard]] static constexpr std::uint64_t In(std::uint64_t cfa) { return cfa - kBelowCfa; }
  [[nodiscard]] static constexpr std::uint32_t below_cfa() { return kBelowCfa; }
  [[nodiscard]] static constexpr std::uint64_t Packed() { return 0; }
  [[nodiscard]] static constexpr ReturnPlace Unpacked(std::uint64_t) { return {}; }

  static constexpr std::int64_t kBelowCfa = 8;
};
struct LinkRegister {
  [[nodiscard]] static constexpr std::uint64_t value() { return 0; }
};
[[nodiscard]] constexpr std::uint64_t ReturnAddressIn(std::uint64_t word) { return word; }
[[nodiscard]] constexpr bool IsReturnAddressLetter(char) { return false; }
[[nodiscard]] constexpr bool IsReturnAddressInstruction(std::uint8_t) { return false; }

/// How far below the CFA "push %rbp" at a function's start saves the frame pointer. That place surely lies in the
/// frame.
inline constexpr std::int32_t kPushedFramePointer = 16;
inline constexpr bool kFrameRecordIsOnTop = true;

/// Of a packed rule's 60 bits, the frame pointer's offset has these; the CFA's offset has the rest.
inline constexpr int kFramePointerOffsetBits = 28, kReturnPlaceBits = 0;
inline constexpr std::int32_t kOffsetUnit = 1;

/// A signal may interrupt a function that keeps things below its stack pointer.
inline constexpr std::uint64_t kRedZone = 128;

/// The frame of a function with a frame pointer: the saved frame pointer, and above it the return address.
class FrameOfHook {
 public:
  /// `frame`: its __builtin_frame_address(0).
  explicit FrameOfHook(std::uint64_t frame) : frame_(frame) {}
  FrameOfHook(const void* frame) : frame_(reinterpret_cast<std::uintptr_t>(frame)) {}
  /// An address in the frame.
  [[nodiscard]] std::uint64_t address() const { return frame_; }
  [[nodiscard]] std::uint64_t frame_pointer_place() const { return frame_; }
  [[nodiscard]] std::uint64_t return_address_place() const { return frame_ + 8; }
  [[nodiscard]] std::uint64_t cfa() const { return frame_ + 16; }

 private:
  std::uint64_t frame_;
};
#define MQTRACK_THIS_FRAME ::mqtrack::recorder::cpu::FrameOfHook(__builtin_frame_address(0))
/// Stands before "return F(frame)", so that this function's frame lasts until F has returned. Here F may be jumped to:
/// if it keeps a frame pointer it has the same frame in the same place.
struct KeptFrame {
  ~KeptFrame() {}
};

inline constexpr std::uint64_t kHighestAddress = std::uint64_t{1} << 47;
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

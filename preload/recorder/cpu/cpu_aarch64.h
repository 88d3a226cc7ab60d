// aarch64, by the procedure call standard (AAPCS64) and DWARF for the Arm 64-bit architecture (AADWARF64). See cpu.h.
#pragma once

#include <cstdint>

namespace mqtrack::recorder::cpu {

/// DWARF numbers: x29, sp, and x30, which a call leaves the return address in.
inline constexpr std::uint64_t kFramePointerRegister = 29, kStackPointerRegister = 31, kReturnAddressColumn = 30;

/// A function saves the return address anywhere in its frame, or, while it calls nothing, leaves it in its register.
inline constexpr bool kReturnPlaceVaries = true;
/// Of a packed rule's 60 bits; the CFA's offset has the rest, 22. All are multiples of a word.
inline constexpr int kFramePointerOffsetBits = 19, kReturnPlaceBits = 19;
inline constexpr std::int32_t kOffsetUnit = 8;

class ReturnPlace {
 public:
  /// False if it lies where no function saves it.
  [[nodiscard]] static constexpr bool IsAtCfa(std::int64_t offset, ReturnPlace& place) {
    if (offset >= 0 || offset < -kMostBelow || offset % kOffsetUnit != 0) return false;
    place.below_ = static_cast<std::uint32_t>(-offset);
    return true;
  }
  /// Still in its register.
  [[nodiscard]] static constexpr bool IsSame(ReturnPlace& place) {
    place.below_ = 0;
    return true;
  }
  [[nodiscard]] constexpr bool is_in_register() const { return below_ == 0; }
  [[nodiscard]] constexpr std::uint64_t In(std::uint64_t cfa) const { return cfa - below_; }
  [[nodiscard]] constexpr std::uint32_t below_cfa() const { return below_; }
  [[nodiscard]] constexpr std::uint64_t Packed() const { return below_ / kOffsetUnit; }
  [[nodiscard]] static constexpr ReturnPlace Unpacked(std::uint64_t packed) {
    ReturnPlace place;
    place.below_ = static_cast<std::uint32_t>(packed) * kOffsetUnit;
    return place;
  }

 private:
  static constexpr std::int64_t kMostBelow = ((1 << kReturnPlaceBits) - 1) * kOffsetUnit;
  std::uint32_t below_ = 0;  // bytes below the CFA; 0: in the register
};

/// x30, where it is known: in the code that a signal has interrupted. Of a caller it is not.
class LinkRegister {
 public:
  LinkRegister() = default;
  explicit LinkRegister(std::uint64_t value) : value_(value) {}
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// Functions that are compiled for pointer authentication sign the return address before they save it. "hint #7" is
/// xpaclri, which takes the signature off x30; processors without signatures have no such instruction, and pass over it
/// as they do over any hint. So it is always used: whether a function has signed depends on how it was compiled, not on
/// how we were.
[[nodiscard]] inline std::uint64_t ReturnAddressIn(std::uint64_t word) {
  register std::uint64_t link __asm__("x30") = word;
  __asm__("hint #7" : "+r"(link));
  return link;
}
/// Of an augmentation: signed with the key B; the frame of a function that tags its stack. Neither has data.
[[nodiscard]] constexpr bool IsReturnAddressLetter(char letter) { return letter == 'B' || letter == 'G'; }
/// DW_CFA_AARCH64_negate_ra_state and ..._with_pc: from here on the saved address is signed, or no longer.
[[nodiscard]] constexpr bool IsReturnAddressInstruction(std::uint8_t instruction) {
  return instruction == 0x2d || instruction == 0x2c;
}

/// "stp x29, x30, [sp, #-16]!": where a function without anything else to save has them.
inline constexpr std::int32_t kPushedFramePointer = 16;
/// GCC lays a function's variables above the pair that the frame pointer points at.
inline constexpr bool kFrameRecordIsOnTop = false;

/// The ABI has none.
inline constexpr std::uint64_t kRedZone = 0;

/// A function's frame: the frame pointer points at the caller's, and above it lies the return address. Where the frame
/// ends only the compiler knows.
class FrameOfHook {
 public:
  /// `frame`: its __builtin_frame_address(0). `cfa`: the stack pointer before it was called.
  FrameOfHook(const void* frame, const void* cfa)
      : frame_(reinterpret_cast<std::uintptr_t>(frame)), cfa_(reinterpret_cast<std::uintptr_t>(cfa)) {}
  /// Of another function, which has nothing above the pair.
  explicit FrameOfHook(std::uint64_t frame) : frame_(frame), cfa_(frame + 16) {}
  /// An address in the frame.
  [[nodiscard]] std::uint64_t address() const { return frame_; }
  [[nodiscard]] std::uint64_t frame_pointer_place() const { return frame_; }
  [[nodiscard]] std::uint64_t return_address_place() const { return frame_ + 8; }
  [[nodiscard]] std::uint64_t cfa() const { return cfa_; }

 private:
  std::uint64_t frame_, cfa_;
};
#define MQTRACK_THIS_FRAME ::mqtrack::recorder::cpu::FrameOfHook(__builtin_frame_address(0), __builtin_dwarf_cfa())
/// Stands before "return F(frame)", so that this function's frame lasts until F has returned: were F jumped to, the
/// frame would be gone, and F's own lies elsewhere.
struct KeptFrame {
  ~KeptFrame() { __asm__ volatile(""); }
};

/// With addresses of 48 bits; memory above is given to those who ask for it by address.
inline constexpr std::uint64_t kHighestAddress = std::uint64_t{1} << 48;
/// Kernels for this processor have pages of 4, 16 or 64 KiB.
inline constexpr std::uint64_t kSmallestPage = 4096, kLargestPage = 65536;

/// Every processor has to load, add and store, between which a signal handler may come; and a plain store would not
/// come after the stores before it, which readers in other processes count on.
inline constexpr bool kHasPlainSteps = false;
inline void PlainAdd(std::uint64_t&, std::uint64_t) {}
[[nodiscard]] inline bool PlainSwap(std::uint64_t&, std::uint64_t, std::uint64_t) { return false; }

}  // namespace mqtrack::recorder::cpu

// Mutations that leave everything where it is. In a file whose parts refer to each other by offset, an insertion or a
// removal, which is most of what a fuzzer does, moves all that follows: nearly every input is then refused at the first
// look, for the same reason.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// The fuzzer's own mutation: libFuzzer's, or that of replay_driver.cc. Returns the new size.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace mqtrack::fuzz {

/// A small generator for what a mutation's seed decides.
class Choices {
 public:
  explicit Choices(unsigned seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::size_t Below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return bound == 0 ? 0 : static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_;
};

/// Lets the fuzzer change up to 16 bytes, no others, around `at`.
inline void MutateAround(std::uint8_t* bytes, std::size_t size, std::size_t at, Choices& choices) {
  constexpr std::size_t kWidths[] = {1, 2, 4, 8, 16};
  const std::size_t width = kWidths[choices.Below(5)];
  at -= at % width;  // fields are aligned
  const std::size_t count = std::min(width, size - at);
  std::uint8_t window[16] = {};
  std::memcpy(window, bytes + at, count);
  (void)LLVMFuzzerMutate(window, count, count);
  std::memcpy(bytes + at, window, count);
}

/// Lets the fuzzer change up to 16 bytes, no others, somewhere. Zeros are passed by, but every eighth time.
inline void MutateInPlace(std::uint8_t* bytes, std::size_t size, Choices& choices) {
  if (size == 0) return;
  std::size_t at = choices.Below(size);
  const bool takes_zeros = choices.Below(8) == 0;
  for (int passed = 0; !takes_zeros && bytes[at] == 0 && passed < 64; ++passed) at = at + 1 == size ? 0 : at + 1;
  MutateAround(bytes, size, at, choices);
}

/// An eighth of all mutations may change the size; the others are made in place.
inline std::size_t MutateMostlyInPlace(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  Choices choices(seed);
  if (size == 0 || choices.Below(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (std::size_t i = choices.Below(4) + 1; i-- > 0;) MutateInPlace(data, size, choices);
  return size;
}

}  // namespace mqtrack::fuzz

// Mutations of a sparse image (sparse_image.h) that leave everything where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "in_place.h"
#include "sparse_image.h"

namespace mqtrack::fuzz {

/// Mostly of what the image says, and now and then of the emptiness behind it.
inline std::size_t MutateSparse(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  Choices choices(seed);
  if (choices.Below(16) == 0) return LLVMFuzzerMutate(data, size, max_size);
  const Image image = ReadSparse(data, size);
  for (std::size_t i = choices.Below(4) + 1; i-- > 0;) {
    std::size_t place = PlaceOf(choices.Below(size), data, size);
    if (choices.Below(8) == 0) place += choices.Below(64);
    if (place >= image.size) place = choices.Below(image.size);
    if (place < image.size) MutateAround(image.bytes.get(), image.size, place, choices);
  }
  const std::string sparse = WriteSparse(image.bytes.get(), image.size);
  if (sparse.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, sparse.data(), sparse.size());
  return sparse.size();
}

}  // namespace mqtrack::fuzz

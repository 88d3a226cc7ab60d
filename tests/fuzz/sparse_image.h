// An image of some 50 KiB that is nearly all zeros, such as a small log, as some hundred bytes of fuzz input: a fuzzer
// that mutates these hits what the image says, not the emptiness between.
//
// Its form: the image's size (4 bytes, little-endian), then chunks: how many zeros are skipped (2 bytes), how many
// bytes follow (1 byte), and these. Every input is an image; what leads beyond its end is left out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace mqtrack::fuzz {

/// Bytes in a heap buffer of exactly their number, so that a sanitizer sees the first one read beyond them.
struct Image {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t size = 0;
};

inline constexpr std::size_t kMostImageBytes = std::size_t{1} << 18;
inline constexpr std::size_t kImageHead = 4, kChunkHead = 3;

inline Image ReadSparse(const std::uint8_t* data, std::size_t size) {
  std::uint32_t image_bytes = 0;
  std::memcpy(&image_bytes, data, std::min(size, sizeof image_bytes));
  Image image;
  image.size = std::min<std::size_t>(image_bytes, kMostImageBytes);
  image.bytes = std::make_unique<std::uint8_t[]>(image.size);
  std::size_t at = 0;
  for (std::size_t next = kImageHead; next + kChunkHead <= size;) {
    at += data[next] | std::size_t{data[next + 1]} << 8;
    std::size_t count = std::min<std::size_t>(data[next + 2], size - next - kChunkHead);
    next += kChunkHead;
    if (at >= image.size) break;
    count = std::min(count, image.size - at);
    std::memcpy(image.bytes.get() + at, data + next, count);
    at += count;
    next += count;
  }
  return image;
}

/// How many bytes from `at` on belong into one chunk: up to four zeros cost less than another chunk's head.
inline std::size_t ChunkBytes(const std::uint8_t* bytes, std::size_t at, std::size_t size) {
  std::size_t count = 0, zeros = 0;
  while (at + count + zeros < size && count + zeros < 255 && zeros <= 4) {
    if (bytes[at + count + zeros] == 0) {
      ++zeros;
    } else {
      count += zeros + 1;
      zeros = 0;
    }
  }
  return count;
}

/// Where in the image the byte of a chunk is that comes `nth` among those of all chunks; the image's size if none does.
inline std::size_t PlaceOf(std::size_t nth, const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  for (std::size_t next = kImageHead; next + kChunkHead <= size;) {
    at += data[next] | std::size_t{data[next + 1]} << 8;
    const std::size_t count = std::min<std::size_t>(data[next + 2], size - next - kChunkHead);
    if (nth < count) return at + nth;
    nth -= count;
    at += count;
    next += kChunkHead + count;
  }
  return kMostImageBytes;
}

/// Where the first byte from `at` on is that is not zero.
inline std::size_t PassZeros(const std::uint8_t* bytes, std::size_t at, std::size_t size) {
  constexpr std::uint8_t kZeros[256] = {};
  while (size - at >= sizeof kZeros && std::memcmp(bytes + at, kZeros, sizeof kZeros) == 0) at += sizeof kZeros;
  while (at < size && bytes[at] == 0) ++at;
  return at;
}

inline std::string WriteSparse(const std::uint8_t* bytes, std::size_t size) {
  const auto image_bytes = static_cast<std::uint32_t>(size);
  std::string sparse(reinterpret_cast<const char*>(&image_bytes), sizeof image_bytes);
  std::size_t from = 0;
  for (std::size_t at = 0;;) {
    at = std::min(PassZeros(bytes, at, size), from + 0xffff);
    if (at >= size) return sparse;
    const std::size_t skipped = at - from, count = ChunkBytes(bytes, at, size);
    sparse += static_cast<char>(skipped & 0xff);
    sparse += static_cast<char>(skipped >> 8);
    sparse += static_cast<char>(count);
    sparse.append(reinterpret_cast<const char*>(bytes) + at, count);
    at += count;
    from = at;
  }
}

}  // namespace mqtrack::fuzz

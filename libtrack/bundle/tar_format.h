// The header block of a tar archive, as POSIX describes it for ustar (pax, "ustar Interchange Format").
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mqtrack::bundle {

inline constexpr std::size_t kTarBlock = 512;
inline constexpr char kTarMagic[] = "ustar";

struct TarHeader {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
      user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(TarHeader) == kTarBlock);

/// The sum of all bytes, those of the checksum taken for blanks.
inline std::uint32_t TarChecksum(const TarHeader& header) {
  unsigned char bytes[kTarBlock];
  std::memcpy(bytes, &header, sizeof bytes);
  std::memset(bytes + offsetof(TarHeader, checksum), ' ', sizeof header.checksum);
  std::uint32_t sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  return sum;
}

}  // namespace mqtrack::bundle

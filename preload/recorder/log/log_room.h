// How much room a log may take, and on which file systems.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// Of a limited address space the log takes at most this part.
inline constexpr std::uint64_t kShareOfAddressSpace = 16;

/// `bytes`, or what the limits of the process (RLIMIT_AS, RLIMIT_FSIZE) leave for a log, if that is less; whole pages.
[[nodiscard]] std::uint64_t WithinLimits(std::uint64_t bytes);
/// The same of RLIMIT_FSIZE alone: a larger file would raise SIGXFSZ.
[[nodiscard]] std::uint64_t WithinFileSizeLimit(std::uint64_t bytes);

/// True of a file whose file system lies in memory.
[[nodiscard]] bool IsOnMemoryFileSystem(int fd);

}  // namespace mqtrack::recorder

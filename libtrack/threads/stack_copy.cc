#include "libtrack/threads/stack_copy.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>

namespace mqtrack::threads {
namespace {

constexpr std::size_t kPieceBytes = 4096;
constexpr std::size_t kMostPieces = kMostStackBytes / kPieceBytes + 1;

}  // namespace

// The kernel copies whole pieces until one is not there, so no look at the mappings is needed while the service stands
// still.
std::size_t CopyStack(pid_t tid, std::uint64_t from, std::span<std::byte> into) {
  const std::size_t most = std::min(into.size(), kMostStackBytes);
  std::array<iovec, kMostPieces> remote;
  std::size_t pieces = 0, total = 0;
  for (std::uint64_t at = from; total < most && pieces < kMostPieces; ++pieces) {
    const std::size_t piece = std::min(kPieceBytes - at % kPieceBytes, most - total);
    remote[pieces] = {reinterpret_cast<void*>(at), piece};
    at += piece;
    total += piece;
  }
  const iovec local{into.data(), total};
  const ssize_t got = ::process_vm_readv(tid, &local, 1, remote.data(), pieces, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace mqtrack::threads

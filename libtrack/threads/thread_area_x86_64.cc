#include "libtrack/threads/thread_area.h"

namespace mqtrack::threads {
namespace {

// Variant II of thread-local storage (Ulrich Drepper, ELF Handling For Thread-Local Storage): variables lie below the
// thread pointer. The first and the third word at it are its own address: tcbhead_t of glibc,
// sysdeps/x86_64/nptl/tls.h.
constexpr std::size_t kSelfWord = 2;
// struct pthread, rounded up: 2,304 bytes in glibc 2.36.
constexpr std::uint64_t kDescriptionBytes = 2560;
constexpr std::uint64_t kRedZone = 128;

}  // namespace

std::uint64_t FindThreadArea(std::uint64_t start, std::span<const std::uint64_t> words) {
  for (std::size_t i = words.size(); i-- > kSelfWord;) {
    const std::size_t at = i - kSelfWord;
    const std::uint64_t address = start + at * sizeof(std::uint64_t);
    if (words[at] == address && words[i] == address) return address;
  }
  return 0;
}

ThreadAreaBounds ThreadAreaAt(std::uint64_t thread_pointer, std::uint64_t variable_bytes) {
  return {thread_pointer - variable_bytes, thread_pointer + kDescriptionBytes};
}

std::uint64_t BytesBelowStackPointer() { return kRedZone; }

}  // namespace mqtrack::threads

// How much room a log may take, and on which file systems.
//
// The service has a claim to what the log lies in: its own shared memory is on the same file system, and the log's
// pages count as memory of its control group. So a part of the file system stays free, whoever fills it, and of a limit
// of the control group the log takes a part only. Both are looked at when the log is made, the first also whenever the
// log grows.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// Of a limited address space the log takes at most this part.
inline constexpr std::uint64_t kShareOfAddressSpace = 16;

/// `bytes`, or what the limits of the process (RLIMIT_AS, RLIMIT_FSIZE) leave for a log, if that is less; whole pages.
[[nodiscard]] std::uint64_t WithinLimits(std::uint64_t bytes);
/// The same of RLIMIT_FSIZE alone: a larger file would raise SIGXFSZ.
[[nodiscard]] std::uint64_t WithinFileSizeLimit(std::uint64_t bytes);
/// `bytes`, or a quarter of the memory that the process's control group may have, if that is less. Reads files.
[[nodiscard]] std::uint64_t WithinGroupLimit(std::uint64_t bytes);

/// The file system that a log lies in. Thread-safe after Learn.
class LogRoom {
 public:
  /// Of a log that is open as `fd` in `directory`, which must stay where it is. False, with the reason in `why`: no log
  /// may be there.
  [[nodiscard]] bool Learn(int fd, const char* directory, const char*& why);
  /// True if the file system keeps its reserve when a log that has `taken` gets `bytes` more. errno may change.
  [[nodiscard]] bool Has(std::uint64_t bytes, std::uint64_t taken);
  /// From now on the kernel is not asked: the system call may be forbidden.
  void AskNoMore() { asks_no_more_ = true; }
  /// True if the last answer of Has was no.
  [[nodiscard]] bool IsFull() const;
  /// True if the file system lies in memory.
  [[nodiscard]] bool IsInMemory() const { return is_in_memory_; }

 private:
  /// The same file system as when it was learnt: after a chroot, another one may have the directory's name.
  [[nodiscard]] bool Ask(std::uint64_t& free_bytes, std::uint64_t& all_bytes) const;

  const char* directory_ = nullptr;
  std::uint64_t identity_ = 0;     // statfs's f_fsid
  std::uint64_t most_unseen_ = 0;  // what the log may take where the kernel cannot be asked
  std::uint32_t refusals_ = 0;     // since the last yes
  bool is_in_memory_ = false;
  bool asks_no_more_ = false;
};

}  // namespace mqtrack::recorder

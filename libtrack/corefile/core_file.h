// A core file: the memory of a process at one moment, and what its notes say of it. Written by the kernel when a
// process crashes, by a debugger (gcore), or by mqtrack itself. Everything in it is treated as hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/corefile/core_notes.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::corefile {

/// A mapping of the process, or a part of one: [start, end), of which the first `file_bytes` are in the file.
struct Segment {
  std::uint64_t start = 0, end = 0;
  std::uint64_t file_offset = 0, file_bytes = 0;
  bool readable = false, writable = false, executable = false;

  [[nodiscard]] std::uint64_t bytes() const { return end - start; }
  [[nodiscard]] std::uint64_t end_in_file() const { return start + file_bytes; }
};

/// No process has more address space in one mapping. Whoever says so wants his reader to be busy.
inline constexpr std::uint64_t kMostMappingBytes = std::uint64_t{1} << 47;

/// Movable. Safe to read from several threads.
class CoreFile {
 public:
  /// Reads headers and notes. What is no core file, is one of another processor, or is damaged is bad input; one that
  /// is cut short cannot be measured: whatever was lost would count as no holder of anything.
  [[nodiscard]] static support::Result<CoreFile> Open(const std::string& path);
  /// Whether `path` is a regular file that begins as core files do.
  [[nodiscard]] static bool LooksLikeOne(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const CoreNotes& notes() const { return notes_; }
  /// By address; none overlaps another.
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  /// The segment that `address` lies in, or null.
  [[nodiscard]] const Segment* Find(std::uint64_t address) const;

  /// How many bytes of the process from `address` on the file has, at most `bytes`; they are copied.
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const;
  /// The parts of [start, end), which lies in one segment, that have bytes in the file and no hole, in order. A hole
  /// reads as zeros.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> Written(const Segment& segment,
                                                                             std::uint64_t start,
                                                                             std::uint64_t end) const;

 private:
  CoreFile(support::FileHandle file, std::uint64_t bytes, std::string path)
      : file_(std::move(file)), bytes_(bytes), path_(std::move(path)) {}
  [[nodiscard]] support::Status ReadAll();
  [[nodiscard]] support::Status ReadSegments(const std::vector<std::byte>& headers);
  [[nodiscard]] support::Status ReadNoteSegments(const std::vector<std::byte>& headers);
  [[nodiscard]] support::Status SortSegments();
  [[nodiscard]] support::Status ReadNotesAt(std::uint64_t offset, std::uint64_t bytes);
  [[nodiscard]] std::size_t ReadAt(std::uint64_t offset, void* into, std::size_t bytes) const;
  [[nodiscard]] support::Error CutShort(std::uint64_t expected) const;
  [[nodiscard]] support::Error Damaged(const std::string& what) const;

  support::FileHandle file_;
  std::uint64_t bytes_;
  std::string path_;
  CoreNotes notes_;
  std::vector<Segment> segments_;
};

}  // namespace mqtrack::corefile

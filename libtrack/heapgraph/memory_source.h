// The memory of a process as it was when it was captured: that of a copy of the process, or pieces that were copied out
// of it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "libtrack/heapgraph/page_map.h"

namespace mqtrack::heapgraph {

/// Not thread-safe.
class MemorySource {
 public:
  /// Words, and the address of the first.
  using Visitor = std::function<void(std::uint64_t, std::span<const std::uint64_t>)>;

  MemorySource() = default;
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;
  virtual ~MemorySource() = default;

  /// How many bytes from `address` on could be read, at most `bytes`.
  [[nodiscard]] virtual std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const = 0;
  /// Shows all aligned words of `range` that have memory, in order, in pieces. `backed_by_file`: what no page has been
  /// made for is in the file. False if a part could not be read.
  virtual bool Visit(AddressRange range, bool backed_by_file, const Visitor& visitor) const = 0;
};

/// A process that stands still, or does not run at all.
class ProcessSource final : public MemorySource {
 public:
  explicit ProcessSource(pid_t pid);
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, bool backed_by_file, const Visitor& visitor) const override;

 private:
  [[nodiscard]] bool VisitPart(AddressRange range, const Visitor& visitor) const;

  pid_t pid_;
  PageMap pages_;
  std::uint64_t page_bytes_;
  mutable std::vector<std::uint64_t> buffer_;
};

/// What was copied.
class CopiedSource final : public MemorySource {
 public:
  /// Copies `range` out of `from`.
  void Add(const MemorySource& from, AddressRange range, bool backed_by_file);
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, bool backed_by_file, const Visitor& visitor) const override;

 private:
  struct Piece {
    std::uint64_t start;
    std::vector<std::uint64_t> words;
    [[nodiscard]] std::uint64_t end() const { return start + words.size() * sizeof(std::uint64_t); }
  };
  [[nodiscard]] std::size_t FirstBehind(std::uint64_t address) const;

  std::vector<Piece> pieces_;  // in order of address
};

}  // namespace mqtrack::heapgraph

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

#include "libtrack/heapgraph/capture/page_map.h"
#include "libtrack/heapgraph/capture/shared_pages.h"
#include "libtrack/procfs/memory_maps.h"
#include "libtrack/support/file.h"

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
  /// Shows all aligned words of `range` that the process can have written, in order, in pieces: pages that were never
  /// touched are left out, and so is what stands in a file as it is. False if a part could not be read.
  virtual bool Visit(AddressRange range, const Visitor& visitor) const = 0;
};

/// A process that stands still, or does not run at all.
class ProcessSource final : public MemorySource {
 public:
  /// `service`: the process that `pid` is a copy of, or `pid`. `mappings`: of `pid`; they are referred to.
  ProcessSource(pid_t pid, pid_t service, const std::vector<procfs::MemoryMapping>& mappings);
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, const Visitor& visitor) const override;

 private:
  [[nodiscard]] std::vector<AddressRange> WrittenParts(const procfs::MemoryMapping& mapping, AddressRange range) const;
  [[nodiscard]] bool VisitPart(AddressRange range, const Visitor& visitor) const;

  pid_t pid_;
  const std::vector<procfs::MemoryMapping>& mappings_;
  PageMap pages_;
  SharedPages shared_pages_;
  support::FileHandle protected_;  // reads what the process itself may not read at the moment
  std::uint64_t page_bytes_;
  mutable std::vector<std::uint64_t> buffer_;
};

/// What was copied.
class CopiedSource final : public MemorySource {
 public:
  /// Copies what `from` shows of `range`, which lies behind all that was copied before.
  void Add(const MemorySource& from, AddressRange range);
  /// Copies all of `range`, whether the process has written it or not.
  void AddAll(const MemorySource& from, AddressRange range);
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, const Visitor& visitor) const override;

 private:
  struct Piece {
    std::uint64_t start;
    std::vector<std::uint64_t> words;
    [[nodiscard]] std::uint64_t end() const { return start + words.size() * sizeof(std::uint64_t); }
  };
  [[nodiscard]] std::size_t FirstBehind(std::uint64_t address) const;

  std::vector<Piece> pieces_;  // in order of address
};

/// One source, and another for a few ranges of it.
class PatchedSource final : public MemorySource {
 public:
  /// `patches`: in order of address, none overlapping another.
  PatchedSource(std::unique_ptr<MemorySource> whole, std::unique_ptr<MemorySource> patch,
                std::vector<AddressRange> patches)
      : whole_(std::move(whole)), patch_(std::move(patch)), patches_(std::move(patches)) {}
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, const Visitor& visitor) const override;

 private:
  std::unique_ptr<MemorySource> whole_, patch_;
  std::vector<AddressRange> patches_;
};

}  // namespace mqtrack::heapgraph

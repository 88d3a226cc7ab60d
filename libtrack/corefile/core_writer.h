// Writes a core file as the kernel would write it of the same memory. Every debugger opens it.
//
// The notes and the table of segments come behind the memory, whose size is not known before, and the header last. What
// is not finished has no name in any folder, so that a command that is killed leaves nothing behind; where the file
// system cannot do that, it has its name from the beginning and no header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libtrack/corefile/core_file.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::corefile {

class CoreWriter {
 public:
  /// An error if there is something at `path`, be it a link to nowhere, or if the folder cannot be written to. The file
  /// can be read by its owner only.
  [[nodiscard]] static support::Result<CoreWriter> Create(const std::string& path);
  CoreWriter(CoreWriter&&) noexcept = default;
  CoreWriter(const CoreWriter&) = delete;
  CoreWriter& operator=(const CoreWriter&) = delete;
  CoreWriter& operator=(CoreWriter&&) = delete;
  /// Removes what was not finished.
  ~CoreWriter();

  /// A mapping; all of it is without bytes until Add says otherwise. In order of address. `protection`: PF_R, PF_W,
  /// PF_X.
  void Begin(std::uint64_t start, std::uint64_t end, std::uint32_t protection);
  /// Bytes of the mapping that was begun last, behind all that were added to it.
  [[nodiscard]] support::Status Add(std::uint64_t address, std::span<const std::byte> bytes);
  /// Writes the rest, and gives the file its name. `notes` says everything but the mappings.
  [[nodiscard]] support::Status Finish(const CoreNotes& notes);

  [[nodiscard]] std::uint64_t bytes() const { return at_; }

 private:
  CoreWriter(support::FileHandle file, std::string path, bool has_name);
  [[nodiscard]] support::Status WriteAt(std::uint64_t offset, const void* bytes, std::size_t count) const;
  void CloseMapping();

  support::FileHandle file_;
  std::string path_;
  bool has_name_;  // it has to be removed if it is not finished
  std::uint64_t at_, page_bytes_;
  Segment mapping_;               // that was begun last
  std::uint32_t protection_ = 0;  // of it
  struct Part {
    Segment segment;
    std::uint32_t protection;
  };
  std::vector<Part> parts_;
};

}  // namespace mqtrack::corefile

// A snapshot with the files that name it, for somebody who has neither: a gzipped tar archive, or the folder that it
// unpacks to. docs/formats.md describes it.
#pragma once

#include <string>
#include <utility>

#include "libtrack/support/result.h"

namespace mqtrack::bundle {

/// True if `path` is an archive, or a folder, that may be a bundle.
[[nodiscard]] bool IsBundle(const std::string& path);

/// A bundle that is laid out in a folder. If it was an archive, the folder is this object's own, readable by nobody
/// else, and goes with it. Movable.
class OpenBundle {
 public:
  /// An archive is unpacked below TMPDIR or /tmp. Everything in it is treated as hostile.
  [[nodiscard]] static support::Result<OpenBundle> Open(const std::string& path);
  OpenBundle(OpenBundle&& other) noexcept;
  OpenBundle& operator=(OpenBundle&&) noexcept = delete;
  ~OpenBundle();

  [[nodiscard]] std::string snapshot() const;
  /// With the files by their build ids, for symbolize::Options::debug_dirs.
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  OpenBundle(std::string folder, bool is_own) : folder_(std::move(folder)), is_own_(is_own) {}

  std::string folder_;
  bool is_own_;
};

}  // namespace mqtrack::bundle

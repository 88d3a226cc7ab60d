// Writes a gzipped tar archive, the plain kind that every tar reads (POSIX ustar), of regular files only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

struct gzFile_s;

namespace mqtrack::bundle {

/// Files get mode 0600 and no owner, so that equal input gives equal bytes. Whoever reads `path` sees the old file or
/// the whole new one, with mode 0600. Without Finish nothing is left behind.
class TarWriter {
 public:
  [[nodiscard]] static support::Result<TarWriter> Create(const std::string& path);
  TarWriter(TarWriter&&) noexcept = default;
  TarWriter& operator=(TarWriter&&) noexcept = delete;
  ~TarWriter();

  /// Names have at most 99 bytes.
  [[nodiscard]] support::Status AddBytes(const std::string& name, std::string_view content);
  /// The bytes of the whole archive.
  [[nodiscard]] support::Result<std::uint64_t> Finish();

 private:
  struct CloseGzip {
    void operator()(gzFile_s* file) const;
  };
  TarWriter() = default;
  [[nodiscard]] support::Status Write(std::string_view bytes);
  [[nodiscard]] support::Status WriteHeader(const std::string& name, std::uint64_t bytes);
  [[nodiscard]] support::Status Pad(std::uint64_t bytes);

  std::string path_, temporary_;
  std::unique_ptr<gzFile_s, CloseGzip> file_;
};

}  // namespace mqtrack::bundle

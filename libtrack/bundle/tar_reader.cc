#include "libtrack/bundle/tar_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "libtrack/bundle/tar_format.h"
#include "libtrack/support/file.h"

namespace mqtrack::bundle {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr std::size_t kMostBehind = std::size_t{1} << 20;  // of zeros, by which tar fills its last record up

struct CloseGzip {
  void operator()(gzFile_s* file) const { ::gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

Gzip Open(const std::string& path) {
  // O_NONBLOCK: a pipe must not make us wait.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  unsigned char magic[2] = {};
  if (fd < 0) return {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || ::pread(fd, magic, 2, 0) != 2 || magic[0] != 0x1f ||
      magic[1] != 0x8b) {
    ::close(fd);
    return {};
  }
  Gzip file(::gzdopen(fd, "rb"));
  if (!file) ::close(fd);
  return file;
}

/// An octal number that ends with a blank, a zero or the field; nothing if it is none.
std::optional<std::uint64_t> Octal(std::string_view field) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits)
    value = value * 8 + static_cast<std::uint64_t>(field[digits] - '0');
  const bool ends = digits == field.size() || field[digits] == ' ' || field[digits] == '\0';
  return digits > 0 && ends ? std::optional(value) : std::nullopt;
}

template <std::size_t N>
std::string Text(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

bool IsTarHeader(const TarHeader& header) {
  const auto checksum = Octal({header.checksum, sizeof header.checksum});
  return Text(header.magic).starts_with(kTarMagic) && checksum == TarChecksum(header);
}

class Reader {
 public:
  Reader(const std::string& path, std::uint64_t most_bytes, std::size_t most_files, const TarVisitor& visitor)
      : path_(path), left_bytes_(most_bytes), left_files_(most_files), visitor_(visitor), file_(Open(path)) {}

  Status Run() {
    if (!file_) return Bad("not a gzipped archive");
    for (;;) {
      TarHeader header{};
      if (!Read(&header, sizeof header)) return Bad("cut off or damaged; pack or copy it again");
      if (header.name[0] == '\0') return End();
      if (!IsTarHeader(header)) return Bad("damaged: the header of a file in it is none");
      if (Status status = OneFile(header); !status) return status;
    }
  }

 private:
  [[nodiscard]] Error Bad(const std::string& what) const { return {ErrorCode::kBadInput, what, path_}; }

  [[nodiscard]] bool Read(void* into, std::size_t bytes) {
    return ::gzread(file_.get(), into, static_cast<unsigned>(bytes)) == static_cast<int>(bytes);
  }

  // The checksum of all of it comes last.
  Status End() {
    const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
    std::size_t behind = 0;
    int got = 0;
    while (behind <= kMostBehind && (got = ::gzread(file_.get(), piece.get(), kPiece)) > 0)
      behind += static_cast<std::size_t>(got);
    if (got > 0) return Bad("refused: more follows behind its end than is accepted");
    int error = Z_OK;
    (void)::gzerror(file_.get(), &error);
    return got == 0 && error == Z_OK ? Status() : Bad("cut off or damaged; pack or copy it again");
  }

  Status OneFile(const TarHeader& header) {
    const std::string prefix = Text(header.prefix);
    const std::string name = (prefix.empty() ? "" : prefix + "/") + Text(header.name);
    const std::optional<std::uint64_t> size = Octal({header.size, sizeof header.size});
    if (!size) return Bad("damaged: the size of a file in it is none");
    if (left_files_-- == 0) return Bad("refused: it holds too many files");
    if (header.type == '5' && *size == 0) return {};
    if (header.type != '0' && header.type != '\0')
      return Bad("refused: it holds something that is no regular file, such as a link");
    if (*size > left_bytes_) return Bad("refused: unpacked it is larger than is accepted");
    left_bytes_ -= *size;
    if (Status status = visitor_.begin(name, *size); !status) return status;
    return Content(*size);
  }

  Status Content(std::uint64_t bytes) {
    const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
    const std::uint64_t padding = (kTarBlock - bytes % kTarBlock) % kTarBlock;
    while (bytes > 0) {
      const std::size_t now = std::min<std::uint64_t>(bytes, kPiece);
      if (!Read(piece.get(), now)) return Bad("cut off or damaged; pack or copy it again");
      if (Status status = visitor_.content({piece.get(), now}); !status) return status;
      bytes -= now;
    }
    return padding == 0 || Read(piece.get(), padding) ? Status() : Bad("cut off or damaged; pack or copy it again");
  }

  const std::string& path_;
  std::uint64_t left_bytes_;
  std::size_t left_files_;
  const TarVisitor& visitor_;
  Gzip file_;
};

}  // namespace

bool IsGzippedTar(const std::string& path) {
  const Gzip file = Open(path);
  TarHeader header{};
  return file && ::gzread(file.get(), &header, sizeof header) == static_cast<int>(sizeof header) && IsTarHeader(header);
}

Status ReadTar(const std::string& path, std::uint64_t most_bytes, std::size_t most_files, const TarVisitor& visitor) {
  return Reader(path, most_bytes, most_files, visitor).Run();
}

}  // namespace mqtrack::bundle

#include "libtrack/bundle/tar_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "libtrack/bundle/tar_format.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::bundle {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::size_t kPiece = std::size_t{1} << 20;

Error SystemError(const std::string& where, const char* doing) {
  return {ErrorCode::kSystem, std::string("cannot ") + doing + ": " + support::WhyNotWritten(errno), where};
}

}  // namespace

void TarWriter::CloseGzip::operator()(gzFile_s* file) const { ::gzclose(file); }

Result<TarWriter> TarWriter::Create(const std::string& path) {
  TarWriter writer;
  writer.path_ = path;
  writer.temporary_ = path + ".XXXXXX";
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    return Error{ErrorCode::kBadInput, "is there, and not a regular file; name another", path};
  const int fd = ::mkostemp(writer.temporary_.data(), O_CLOEXEC);  // with mode 0600
  if (fd < 0) return SystemError(path, "create");
  writer.file_.reset(::gzdopen(fd, "wb6"));
  if (writer.file_) return writer;
  ::close(fd);
  return Error{ErrorCode::kSystem, "cannot be compressed: no memory", path};
}

TarWriter::~TarWriter() {
  if (file_) ::unlink(temporary_.c_str());
}

Status TarWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto piece = static_cast<unsigned>(std::min(bytes.size(), kPiece));
    if (::gzwrite(file_.get(), bytes.data(), piece) != static_cast<int>(piece)) return SystemError(path_, "write");
    bytes.remove_prefix(piece);
  }
  return {};
}

Status TarWriter::WriteHeader(const std::string& name, std::uint64_t bytes) {
  TarHeader header{};
  if (name.size() >= sizeof header.name) return Error{ErrorCode::kBadInput, "the name is too long", name};
  std::memcpy(header.name, name.data(), name.size());
  std::snprintf(header.mode, sizeof header.mode, "%07o", 0600u);
  std::snprintf(header.uid, sizeof header.uid, "%07o", 0u);
  std::snprintf(header.gid, sizeof header.gid, "%07o", 0u);
  std::snprintf(header.size, sizeof header.size, "%011llo", static_cast<unsigned long long>(bytes));
  std::snprintf(header.mtime, sizeof header.mtime, "%011o", 0u);
  header.type = '0';
  std::memcpy(header.magic, kTarMagic, sizeof header.magic);
  std::memcpy(header.version, "00", sizeof header.version);
  std::snprintf(header.checksum, sizeof header.checksum, "%06o", TarChecksum(header));
  header.checksum[7] = ' ';
  return Write({reinterpret_cast<const char*>(&header), sizeof header});
}

Status TarWriter::Pad(std::uint64_t bytes) {
  return Write(std::string((kTarBlock - bytes % kTarBlock) % kTarBlock, '\0'));
}

Status TarWriter::AddBytes(const std::string& name, std::string_view content) {
  if (Status status = WriteHeader(name, content.size()); !status) return status;
  if (Status status = Write(content); !status) return status;
  return Pad(content.size());
}

Result<std::uint64_t> TarWriter::Finish() {
  if (Status status = Write(std::string(2 * kTarBlock, '\0')); !status) return status.error();
  if (::gzclose(file_.release()) != Z_OK) {
    const Error error = SystemError(path_, "write");
    ::unlink(temporary_.c_str());
    return error;
  }
  struct stat info {};
  if (::stat(temporary_.c_str(), &info) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const Error error = SystemError(path_, "write");
    ::unlink(temporary_.c_str());
    return error;
  }
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace mqtrack::bundle

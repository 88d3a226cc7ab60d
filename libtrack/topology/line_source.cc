#include "libtrack/topology/line_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mqtrack::topology {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

support::Error CannotOpen(const std::string& path, const std::string& why) {
  return {support::ErrorCode::kBadInput, "cannot be read: " + why, path};
}

}  // namespace

support::Result<LineSource> LineSource::Open(const std::string& path) {
  const int fd = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const bool too_many = errno == EMFILE;
    return CannotOpen(path,
                      std::string(std::strerror(errno)) +
                          (too_many ? "; join the logs and give them as one: zcat -f … | mqtrack topology -" : ""));
  }
  struct stat facts {};
  if (::fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    ::close(fd);
    return CannotOpen(path, "it is a folder; name the logs in it");
  }
  gzFile file = gzdopen(fd, "rb");
  if (file == nullptr) {
    ::close(fd);
    return support::Error{support::ErrorCode::kSystem, "cannot start zlib: out of memory", path};
  }
  gzbuffer(file, kPiece);
  return LineSource(path == "-" ? "standard input" : path, file);
}

bool LineSource::Fill() {
  if (is_at_end_) return false;
  buffer_.resize(kPiece);
  at_ = 0;
  const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  bytes_ += static_cast<std::int64_t>(buffer_.size());
  int status = Z_OK;
  const char* text = gzerror(file_.get(), &status);
  if (got < 0 || status == Z_BUF_ERROR) {
    problem_ = status == Z_ERRNO       ? std::strerror(errno)
               : status == Z_BUF_ERROR ? "the compressed file ends too early"
                                       : std::string("not readable as gzip: ") + text;
    is_at_end_ = true;
  } else if (got == 0) {
    is_at_end_ = true;
  }
  return !buffer_.empty();
}

LineSource::Read LineSource::Next(std::string_view& line) {
  carried_.clear();
  has_carried_ = false;
  bool too_long = false;
  for (;;) {
    if (at_ >= buffer_.size() && !Fill()) {
      if (!problem_.empty() && !is_cut_) {
        is_cut_ = true;  // told once
        line = {};
        return Read::kFailed;
      }
      if (!has_carried_) return Read::kEnd;
      is_cut_ = true;
      ++line_number_;
      line = carried_;
      return too_long ? Read::kTooLong : Read::kLine;
    }
    const std::size_t end = buffer_.find('\n', at_);
    const std::size_t length = (end == std::string::npos ? buffer_.size() : end) - at_;
    const std::string_view piece(buffer_.data() + at_, length);
    at_ += length + (end == std::string::npos ? 0 : 1);
    if (end != std::string::npos && !has_carried_) {
      line = piece;
    } else {
      has_carried_ = true;
      too_long = too_long || carried_.size() + length > kLongestLine;
      if (!too_long) carried_.append(piece);
      line = carried_;
    }
    if (end == std::string::npos) continue;
    ++line_number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return too_long ? Read::kTooLong : Read::kLine;
  }
}

}  // namespace mqtrack::topology

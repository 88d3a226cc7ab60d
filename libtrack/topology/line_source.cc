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
  return LineSource(path == "-" ? "standard input" : path, LogBytes(support::FileHandle(fd)));
}

bool LineSource::Fill() {
  if (is_at_end_) return false;
  buffer_.resize(kPiece);
  at_ = 0;
  buffer_.resize(file_.Read(buffer_.data(), buffer_.size()));
  bytes_ += static_cast<std::int64_t>(buffer_.size());
  is_at_end_ = buffer_.empty();
  return !is_at_end_;
}

LineSource::Read LineSource::Next(std::string_view& line) {
  carried_.clear();
  has_carried_ = false;
  bool too_long = false;
  for (;;) {
    if (at_ >= buffer_.size() && !Fill()) {
      if (!problem().empty() && !is_cut_) {
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

#include "libtrack/topology/log_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "libtrack/support/gzip.h"

namespace mqtrack::topology {
namespace {

constexpr std::size_t kInputBytes = std::size_t{256} << 10, kMagicBytes = 2;

}  // namespace

void LogBytes::EndInflate::operator()(z_stream* stream) const {
  inflateEnd(stream);
  delete stream;  // NOLINT(cppcoreguidelines-owning-memory)
}

LogBytes::LogBytes(support::FileHandle file) : file_(std::move(file)), input_(kInputBytes, '\0') {}

/// True if there are `least` bytes; less at the end, or if reading fails.
bool LogBytes::Refill(std::size_t least) {
  if (left() >= least) return true;
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(at_), input_.begin() + static_cast<std::ptrdiff_t>(end_),
            input_.begin());
  end_ = left();
  at_ = 0;
  while (end_ < least) {
    const ssize_t got = ::read(file_.get(), input_.data() + end_, input_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) problem_ = std::strerror(errno);
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
  }
  return true;
}

void LogBytes::Begin() {
  (void)Refill(kMagicBytes);
  if (support::IsGzip(std::string_view(input_).substr(at_, left()))) return BeginMember();
  part_ = Part::kPlain;
}

void LogBytes::BeginMember() {
  part_ = Part::kCompressed;
  if (stream_) {
    if (inflateReset(stream_.get()) != Z_OK) problem_ = "cannot restart zlib";
    return;
  }
  auto stream = std::make_unique<z_stream>();
  if (inflateInit2(stream.get(), support::kGzipWindowBits) == Z_OK) {
    stream_.reset(stream.release());
  } else {
    problem_ = "cannot start zlib: out of memory";
  }
}

std::size_t LogBytes::Inflate(char* out, std::size_t room) {
  stream_->next_in = reinterpret_cast<Bytef*>(input_.data() + at_);  // NOLINT
  stream_->avail_in = static_cast<uInt>(left());
  stream_->next_out = reinterpret_cast<Bytef*>(out);  // NOLINT
  stream_->avail_out = static_cast<uInt>(std::min(room, kInputBytes));
  const std::size_t asked = stream_->avail_out;
  const int status = inflate(stream_.get(), Z_NO_FLUSH);
  at_ = end_ - stream_->avail_in;
  if (status == Z_STREAM_END) {
    part_ = Part::kBehind;
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    problem_ = std::string("the compressed data are damaged: ") + (stream_->msg != nullptr ? stream_->msg : "no gzip");
  }
  return asked - stream_->avail_out;
}

std::size_t LogBytes::Read(char* out, std::size_t room) {
  if (part_ == Part::kBeginning) Begin();
  while (problem_.empty()) {
    if (!Refill(1)) {
      if (problem_.empty() && part_ == Part::kCompressed) problem_ = "the compressed file ends too early";
      return 0;
    }
    if (part_ == Part::kPlain) {
      const std::size_t taken = std::min(room, left());
      std::memcpy(out, input_.data() + at_, taken);
      at_ += taken;
      return taken;
    }
    if (part_ == Part::kCompressed) {
      if (const std::size_t made = Inflate(out, room); made > 0) return made;
      continue;
    }
    // Zeros fill up the blocks of a tape, and mean nothing.
    if (input_[at_] == '\0') {
      ++at_;
      continue;
    }
    (void)Refill(kMagicBytes);
    if (support::IsGzip(std::string_view(input_).substr(at_, left()))) {
      BeginMember();
    } else {
      problem_ = "behind the compressed data stands something else";
    }
  }
  return 0;
}

}  // namespace mqtrack::topology

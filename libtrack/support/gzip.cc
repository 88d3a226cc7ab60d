#include "libtrack/support/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "libtrack/support/check.h"
#include "libtrack/support/units.h"

namespace mqtrack::support {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;
constexpr std::size_t kMaxInput = std::numeric_limits<uInt>::max();

// Ends an inflate stream on every path.
class Inflater {
 public:
  Inflater() { ok_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ok_) inflateEnd(&stream_);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

Bytef* Input(std::string_view bytes) {
  // zlib's input pointer is not const unless ZLIB_CONST is set for everybody; it is only read.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // NOLINT
}

}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

Result<std::string> Gunzip(std::string_view bytes, const std::string& where, std::uint64_t limit_bytes) {
  Inflater inflater;
  if (!inflater.ok()) return Error{ErrorCode::kSystem, "cannot start zlib: out of memory", where};
  z_stream& z = inflater.stream();
  std::string out;
  std::string chunk(kChunk, '\0');
  std::string_view rest = bytes;
  const auto offset = [&] { return std::to_string(bytes.size() - rest.size()); };
  for (;;) {
    const std::size_t given = std::min(rest.size(), kMaxInput);
    z.next_in = Input(rest);
    z.avail_in = static_cast<uInt>(given);
    z.next_out = reinterpret_cast<Bytef*>(chunk.data());  // NOLINT
    z.avail_out = static_cast<uInt>(chunk.size());
    const int status = inflate(&z, Z_NO_FLUSH);
    rest.remove_prefix(given - z.avail_in);
    const std::size_t made = chunk.size() - z.avail_out;
    if (made > limit_bytes - out.size()) {
      return Error{ErrorCode::kBadInput,
                   "inflates to more than the " + FormatBytes(static_cast<std::int64_t>(limit_bytes)) + " accepted",
                   where};
    }
    out.append(chunk, 0, made);
    if (status == Z_STREAM_END) {
      if (!IsGzip(rest)) return out;  // trailing bytes that are no further member are ignored, as gzip does
      if (inflateReset(&z) != Z_OK) return Error{ErrorCode::kSystem, "cannot restart zlib", where};
      continue;
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
      return Error{ErrorCode::kBadInput,
                   std::string("corrupt gzip data near offset ") + offset() + (z.msg ? std::string(": ") + z.msg : ""),
                   where};
    }
    if (rest.empty() && made == 0) {
      return Error{
          ErrorCode::kBadInput,
          "truncated: the gzip data ends at offset " + offset() + ", more was expected; copy or take the file again",
          where};
    }
  }
}

std::string Gzip(std::string_view bytes) {
  z_stream z{};
  TRACK_CHECK(deflateInit2(&z, Z_BEST_SPEED + 4, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  std::string out;
  std::string chunk(kChunk, '\0');
  std::string_view rest = bytes;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const std::size_t given = std::min(rest.size(), kMaxInput);
    z.next_in = Input(rest);
    z.avail_in = static_cast<uInt>(given);
    z.next_out = reinterpret_cast<Bytef*>(chunk.data());  // NOLINT
    z.avail_out = static_cast<uInt>(chunk.size());
    status = deflate(&z, given == rest.size() ? Z_FINISH : Z_NO_FLUSH);
    TRACK_CHECK(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, "zlib status %d", status);
    rest.remove_prefix(given - z.avail_in);
    out.append(chunk, 0, chunk.size() - z.avail_out);
  }
  deflateEnd(&z);
  return out;
}

}  // namespace mqtrack::support

#include "libtrack/profile/formats/load.h"

#include <array>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "libtrack/profile/formats/go_text.h"
#include "libtrack/profile/formats/gperftools.h"
#include "libtrack/profile/formats/heap_header.h"
#include "libtrack/profile/formats/jemalloc.h"
#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/profile/formats/text_lines.h"
#include "libtrack/support/file.h"
#include "libtrack/support/gzip.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;

constexpr std::uint64_t kLimitBytes = std::uint64_t{1} << 30;
constexpr const char* kAccepted =
    "not a profile in any known format; accepted are pprof (.pb.gz or .pb), heap text of gperftools and jemalloc, and "
    "Go's debug=1 text";

// Does it begin with fields that a Profile has, with the types they have there?
bool LooksLikePprof(std::string_view bytes) {
  constexpr int kFieldsToCheck = 8;
  int seen = 0;
  bool seen_message = false;  // numbers alone could be any text
  try {
    protozero::pbf_reader message(bytes.data(), bytes.size());
    while (seen < kFieldsToCheck && message.next()) {
      const auto tag = message.tag();
      const bool is_view = message.wire_type() == protozero::pbf_wire_type::length_delimited;
      const bool want_view = tag <= field::kProfileStringTable || tag == field::kProfilePeriodType;
      if (tag > field::kProfileDocUrl || (is_view != want_view && tag != field::kProfileComment)) return false;
      message.skip();
      ++seen;
      seen_message = seen_message || is_view;
    }
  } catch (const protozero::exception&) {
    // Cut off later on: still one, so that the error can say where it ends.
    return seen >= 2 && seen_message;
  }
  return seen >= 2 && seen_message;
}

// Only Go names the frames in remarks.
bool HasGoRemarks(std::string_view text) {
  const std::string_view start = text.substr(0, 64 << 10);
  return start.find("\n#\t0x") != std::string_view::npos || text.find("\n# runtime.MemStats") != std::string_view::npos;
}

std::string_view FirstLine(std::string_view text) {
  while (text.starts_with('\n') || text.starts_with("\r\n")) text.remove_prefix(1);
  return text.substr(0, text.find('\n'));
}

}  // namespace

Format DetectFormat(std::string_view bytes) {
  if (support::IsGzip(bytes)) return Format::kPprof;
  const std::string_view line = FirstLine(bytes).substr(0, 1000);
  if (line.starts_with("heap_v2/")) return Format::kJemallocHeap;
  if (line.starts_with("goroutine profile: total ") || line.starts_with("threadcreate profile: total ")) {
    return Format::kGoText;
  }
  if (line.find("heap profile:") != std::string_view::npos) {
    const auto header = ParseHeapHeader(line);
    return header && header->type == "heap" && HasGoRemarks(bytes) ? Format::kGoText : Format::kGperftoolsHeap;
  }
  return LooksLikePprof(bytes) ? Format::kPprof : Format::kUnknown;
}

support::Result<Profile> ParseProfile(std::string_view bytes, const std::string& where) {
  std::string inflated;
  if (support::IsGzip(bytes)) {  // text may be gzipped too
    auto content = support::Gunzip(bytes, where, kLimitBytes);
    if (!content) return content.error();
    inflated = std::move(*content);
    bytes = inflated;
  }
  if (bytes.empty()) return Error{ErrorCode::kBadInput, "the file is empty", where};
  switch (DetectFormat(bytes)) {
    case Format::kPprof:
      return DecodePprof(bytes, where);
    case Format::kGperftoolsHeap:
      return ParseGperftoolsHeap(bytes, where);
    case Format::kJemallocHeap:
      return ParseJemallocHeap(bytes, where);
    case Format::kGoText:
      return ParseGoText(bytes, where);
    case Format::kUnknown:
      break;
  }
  return Error{ErrorCode::kBadInput, kAccepted, where};
}

support::Result<Profile> LoadProfile(const std::string& path) {
  const auto content = support::ReadFile(path, kLimitBytes);
  if (!content) return content.error();
  return ParseProfile(*content, path == "-" ? "standard input" : path);
}

}  // namespace mqtrack::profile

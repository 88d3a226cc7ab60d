#include "libtrack/profile/formats/load.h"

#include <optional>

#include "libtrack/profile/formats/cpu_profile.h"
#include "libtrack/profile/formats/foreign_file.h"
#include "libtrack/profile/formats/pprof_decode.h"
#include "libtrack/profile/formats/recognise.h"
#include "libtrack/profile/formats/text/contention.h"
#include "libtrack/profile/formats/text/go_text.h"
#include "libtrack/profile/formats/text/goroutine_dump.h"
#include "libtrack/profile/formats/text/gperftools.h"
#include "libtrack/profile/formats/text/java_text.h"
#include "libtrack/profile/formats/text/jemalloc.h"
#include "libtrack/profile/formats/text/symbol_section.h"
#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/support/file.h"
#include "libtrack/support/gzip.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::uint64_t kLimitBytes = std::uint64_t{1} << 30;

/// The readers of text; nothing for a format that has another.
std::optional<Result<Profile>> ParseText(Format format, LineCursor lines) {
  switch (format) {
    case Format::kGperftoolsHeap:
      return ParseGperftoolsHeap(std::move(lines));
    case Format::kJemallocHeap:
      return ParseJemallocHeap(std::move(lines));
    case Format::kGoText:
      return ParseGoText(std::move(lines));
    case Format::kGoroutineDump:
      return ParseGoroutineDump(std::move(lines));
    case Format::kContention:
      return ParseContention(std::move(lines));
    case Format::kJavaText:
      return ParseJavaText(std::move(lines));
    case Format::kPprof:
    case Format::kCpuProfile:
    case Format::kNamed:
    case Format::kUnknown:
      break;
  }
  return std::nullopt;
}

Error NothingBehindNames(const LineCursor& lines) {
  return {ErrorCode::kBadInput,
          "holds names and no profile: `jeprof --raw` writes the profile itself only if it fetched it from a URL; take "
          "the heap file, on the machine where its programs are",
          lines.where()};
}

/// What stands behind the names: the line that says what it is, then the profile.
Result<Profile> ParseMarked(LineCursor lines, const AddressNames& symbols, std::string_view file) {
  LineCursor before_marker = lines;
  std::optional<std::string_view> line;
  do {
    before_marker = lines;
    line = lines.Next();
    // "%warn": what the server had to say.
  } while (line && (line->empty() || line->starts_with('%')));
  if (!line) return NothingBehindNames(lines);
  LineScanner scan(*line);
  const std::string_view marker = scan.Literal("---").ok() ? scan.Word() : std::string_view();
  if (marker == "profile") {
    return ParseCpuProfile(lines.rest(), lines.where(), symbols, file.size() - lines.rest().size());
  }
  const bool is_heap = marker == "heap" || marker == "growth";
  if (is_heap) {
    if (lines.rest().find_first_not_of(" \r\n") == std::string_view::npos) return NothingBehindNames(lines);
    before_marker = lines;
  }
  const std::string_view rest = before_marker.rest();
  const Recognised found = Recognise(rest);
  if (auto profile = ParseText(
          found.format, {rest.substr(found.offset), lines.where(), before_marker.number() + found.lines_before})) {
    return std::move(*profile);
  }
  return lines.Bad("'--- heap', '--- growth', '--- contention' or '--- profile' and such a profile", *line);
}

/// A profile that brings its names along.
Result<Profile> ParseNamed(LineCursor lines, std::string_view file) {
  LineCursor behind_first = lines;
  AddressNames symbols;
  if (IsSymbolSection(behind_first.Next().value_or(""))) {
    lines = behind_first;
    auto read = ReadSymbolSection(lines);
    if (!read) return read.error();
    symbols = std::move(*read);
  }
  Result<Profile> profile = ParseMarked(std::move(lines), symbols, file);
  if (profile) symbols.Apply(*profile);
  return profile;
}

}  // namespace

Format DetectFormat(std::string_view bytes) {
  return support::IsGzip(bytes) ? Format::kPprof : Recognise(bytes).format;
}

Result<Profile> ParseProfile(std::string_view bytes, const std::string& where) {
  std::string inflated;
  if (support::IsGzip(bytes)) {  // text may be gzipped too
    auto content = support::Gunzip(bytes, where, kLimitBytes);
    if (!content) return content.error();
    inflated = std::move(*content);
    bytes = inflated;
  }
  if (bytes.empty()) return Error{ErrorCode::kBadInput, "the file is empty", where};
  const Recognised found = Recognise(bytes);
  LineCursor lines(bytes.substr(found.offset), where, found.lines_before);
  if (found.format == Format::kPprof) return DecodePprof(bytes, where);
  if (found.format == Format::kCpuProfile) return ParseCpuProfile(bytes, where);
  if (found.format == Format::kNamed) return ParseNamed(std::move(lines), bytes);
  if (auto profile = ParseText(found.format, std::move(lines))) return std::move(*profile);
  if (const auto description = DescribeForeignFile(bytes)) return Error{ErrorCode::kBadInput, *description, where};
  return Error{ErrorCode::kBadInput,
               "not a profile in any known format; accepted are " + std::string(AcceptedProfiles()), where};
}

Result<Profile> LoadProfile(const std::string& path) {
  const auto content = support::ReadFile(path, kLimitBytes);
  if (!content) return content.error();
  return ParseProfile(*content, path == "-" ? "standard input" : path);
}

}  // namespace mqtrack::profile

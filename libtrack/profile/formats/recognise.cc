#include "libtrack/profile/formats/recognise.h"

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "libtrack/profile/formats/cpu_profile.h"
#include "libtrack/profile/formats/foreign_file.h"
#include "libtrack/profile/formats/pprof_fields.h"
#include "libtrack/profile/formats/text/goroutine_dump.h"
#include "libtrack/profile/formats/text/heap_header.h"
#include "libtrack/profile/formats/text/java_text.h"
#include "libtrack/profile/formats/text/text_lines.h"

namespace mqtrack::profile {
namespace {

constexpr std::size_t kLongestHeader = 1000;

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

// Without control characters, but for those of a terminal.
bool IsText(std::string_view bytes) {
  constexpr char kEscape = 0x1b;
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= 0 && c < ' ' && (c < '\b' || c > '\r') && c != kEscape) || c == 0x7f;
  });
}

// "--- symbol", or what the Perl pprof puts before a profile even without names.
bool IsNamedStart(std::string_view line) {
  LineScanner scan(line);
  if (!scan.Literal("---").ok()) return false;
  const std::string_view word = scan.Word();
  return scan.AtEnd() && (word == "symbol" || word == "heap" || word == "growth" || word == "profile");
}

// What a text that starts with `line` is. `loose`: anything like a header counts, so that its error can be told.
Format FormatOfLine(std::string_view line, std::string_view text, bool loose) {
  std::uint64_t rate = 0;
  if (line.starts_with("heap_v2/") && (loose || LineScanner(line.substr(8)).Number(rate).ok())) {
    return Format::kJemallocHeap;
  }
  if (line.starts_with("goroutine profile: total ") || line.starts_with("threadcreate profile: total ")) {
    return Format::kGoText;
  }
  if (line.starts_with("goroutine ") && IsGoroutineHeader(line)) return Format::kGoroutineDump;
  if (line.starts_with("--- ")) {
    if (IsNamedStart(line)) return Format::kNamed;
    if (line.starts_with("--- heapz") || line.starts_with("--- contentionz")) {
      return IsJavaText({text, ""}) ? Format::kJavaText : Format::kContention;
    }
    if (line.starts_with("--- contention") || line.starts_with("--- mutex:")) return Format::kContention;
  }
  if (line.find("heap profile:") != std::string_view::npos) {
    const auto header = ParseHeapHeader(line);
    if (header && header->type == "heap" && HasGoRemarks(text)) return Format::kGoText;
    if (header || loose) return Format::kGperftoolsHeap;
  }
  return Format::kUnknown;
}

}  // namespace

Recognised Recognise(std::string_view bytes) {
  constexpr std::size_t kFarthest = 1 << 20;
  if (IsCpuProfile(bytes)) return {Format::kCpuProfile, 0, 0};
  Recognised found;
  LineCursor lines(bytes, "");
  bool first = true;
  while (found.offset < std::min(bytes.size(), kFarthest)) {
    const std::string_view line = lines.Next().value_or("").substr(0, kLongestHeader);
    if (!line.empty()) {
      if (!first || IsText(line)) found.format = FormatOfLine(line, bytes.substr(found.offset), first);
      if (found.format != Format::kUnknown) return found;
      if (first) {
        if (LooksLikePprof(bytes)) return {Format::kPprof, 0, 0};
        // What is no text, or known to be something else, is not searched for a profile further on.
        if (DescribeForeignFile(bytes) || !IsText(bytes.substr(0, kLongestHeader))) return {};
      }
      first = false;
    }
    found.offset = bytes.size() - lines.rest().size();
    found.lines_before = lines.number();
  }
  return {};
}

}  // namespace mqtrack::profile

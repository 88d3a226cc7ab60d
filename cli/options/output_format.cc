#include "cli/options/output_format.h"

#include <algorithm>

#include "cli/output.h"
#include "reports/gate/gate_formats.h"
#include "reports/text/table_formats.h"

namespace mqtrack::cli {
namespace {

/// "graph" is any of its family's file types, so it has no endings of its own.
constexpr char kAnyGraph[] = "graph";
/// Likewise: a graph's file types, JSON or a profile.
constexpr char kHolders[] = "holders";

std::vector<OutputFormat> MakeFormats() {
  std::vector<OutputFormat> formats = {{"flame", FormatFamily::kFlame, {"svg"}}, {kAnyGraph, FormatFamily::kGraph, {}}};
  for (const reports::TableFormat& table : reports::TableFormats()) {
    formats.push_back({table.name, FormatFamily::kTable, table.endings, true});
  }
  formats.insert(formats.end(), {{"dot", FormatFamily::kGraph, {"dot", "gv"}, true},
                                 {"svg", FormatFamily::kGraph, {"svg"}},
                                 {"pdf", FormatFamily::kGraph, {"pdf"}},
                                 {"png", FormatFamily::kGraph, {"png"}},
                                 {"folded", FormatFamily::kFolded, {"folded", "collapsed"}, true},
                                 {"pprof", FormatFamily::kProfile, {"gz", "pb"}},
                                 {"html", FormatFamily::kPage, {"html", "htm"}},
                                 {kHolders, FormatFamily::kHolders, {}},
                                 {"holders-flame", FormatFamily::kHoldersFlame, {"svg"}},
                                 {"openmetrics", FormatFamily::kFigures, {}, true},
                                 {"prometheus", FormatFamily::kFigures, {"prom"}, true}});
  for (const reports::GateFormat& gate : reports::GateFormats()) {
    formats.push_back({gate.name, FormatFamily::kGate, gate.endings, true});
  }
  return formats;
}

bool IsPlainEnding(const std::string& extension) { return extension == "txt" || extension == "text"; }

/// True if files so named hold something certain.
bool IsEndingOfAny(const std::string& output) {
  const std::string extension = Extension(output);
  return !IsStandardOutput(output) &&
         (IsPlainEnding(extension) || std::any_of(OutputFormats().begin(), OutputFormats().end(),
                                                  [&](const OutputFormat& any) { return IsEndingOf(any, extension); }));
}

support::Error Misnamed(const std::string& output, const std::string& truth, const std::string& or_else = "") {
  return {support::ErrorCode::kBadInput,
          "the name says ." + Extension(output) + ", but " + truth + "; change the name" + or_else, output};
}

bool Fits(const OutputFormat& format, const std::string& extension) {
  const bool is_holders = format.name == kHolders;
  if (format.name != kAnyGraph && !is_holders)
    return IsPlainEnding(extension) ? format.is_plain : IsEndingOf(format, extension);
  return std::any_of(OutputFormats().begin(), OutputFormats().end(), [&](const OutputFormat& type) {
    const bool is_of = type.family == FormatFamily::kGraph ||
                       (is_holders && (type.family == FormatFamily::kProfile || type.name == "json"));
    return is_of && IsEndingOf(type, extension);
  });
}

}  // namespace

const std::vector<OutputFormat>& OutputFormats() {
  static const std::vector<OutputFormat> formats = MakeFormats();
  return formats;
}

std::vector<std::string> FormatNames(FormatFamily family) {
  std::vector<std::string> names;
  for (const OutputFormat& format : OutputFormats()) {
    if (format.family == family) names.push_back(format.name);
  }
  return names;
}

std::string Extension(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? "" : name.substr(dot + 1);
}

bool IsEndingOf(const OutputFormat& format, const std::string& extension) {
  return std::find(format.endings.begin(), format.endings.end(), extension) != format.endings.end();
}

support::Status CheckFileName(const std::string& format, const std::string& output) {
  const std::string extension = Extension(output);
  if (!IsEndingOfAny(output)) return {};
  for (const OutputFormat& any : OutputFormats()) {
    if (any.name == format && Fits(any, extension)) return {};
  }
  return Misnamed(output, "the format is " + format, ", or say another --format");
}

support::Status CheckProfileName(const std::string& output) {
  for (const OutputFormat& any : OutputFormats()) {
    if (any.family == FormatFamily::kProfile && IsEndingOf(any, Extension(output))) return {};
  }
  return IsEndingOfAny(output) ? Misnamed(output, "it is a gzipped pprof profile") : support::Status();
}

support::Status CheckArchiveName(const std::string& output) {
  const bool is_archive = output.ends_with(".gz") && !output.ends_with(".pb.gz");
  return IsEndingOfAny(output) && !is_archive ? Misnamed(output, "it is an archive") : support::Status();
}

support::Status CheckCoreName(const std::string& output) {
  return IsEndingOfAny(output) ? Misnamed(output, "it is a core file") : support::Status();
}

}  // namespace mqtrack::cli

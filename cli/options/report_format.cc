#include "cli/options/report_format.h"

#include "cli/output.h"
#include "libtrack/support/words.h"
#include "reports/text/table_formats.h"

namespace mqtrack::cli {
namespace {

support::Error Bad(const std::string& where, const std::string& text) {
  return {support::ErrorCode::kBadInput, text, where};
}

bool IsOfReports(const OutputFormat& format) {
  return format.family != FormatFamily::kGate && format.family != FormatFamily::kProfile &&
         format.family != FormatFamily::kPage && format.family != FormatFamily::kFigures;
}

support::Result<std::string> FormatFromName(const std::string& output) {
  const std::string& table = reports::TableFormats().front().name;
  const std::string extension = Extension(output);
  if (IsStandardOutput(output) || extension == "txt" || extension == "text") return table;
  if (extension == "svg") {
    return Bad(output, "an .svg can be a flame graph or a call graph; say --format flame or --format graph");
  }
  for (const OutputFormat& format : OutputFormats()) {
    if (IsOfReports(format) && IsEndingOf(format, extension)) return format.name;
  }
  return Bad(output, "the file's name does not say what to write; say --format with one of " +
                         support::Join(ReportFormatNames()));
}

/// The file type of holders that are to be written to `output`.
std::string HoldersFileType(const std::string& output) {
  const std::string extension = Extension(output);
  for (const OutputFormat& format : OutputFormats()) {
    const bool is_of = format.family == FormatFamily::kGraph || format.family == FormatFamily::kProfile ||
                       (format.family == FormatFamily::kTable && format.name == "json");
    if (is_of && IsEndingOf(format, extension)) return format.name;
  }
  return "svg";
}

/// The file type of a call graph that is to be written to `output`.
std::string GraphFileType(const std::string& output) {
  for (const OutputFormat& format : OutputFormats()) {
    if (format.family == FormatFamily::kGraph && IsEndingOf(format, Extension(output))) return format.name;
  }
  return "svg";
}

}  // namespace

std::vector<std::string> ReportFormatNames() {
  std::vector<std::string> names;
  for (const OutputFormat& format : OutputFormats()) {
    if (IsOfReports(format)) names.push_back(format.name);
  }
  return names;
}

support::Result<ReportFormat> ChooseReportFormat(const std::string& format, const std::string& output) {
  std::string name = format;
  if (name.empty()) {
    support::Result<std::string> deduced = FormatFromName(output);
    if (!deduced) return deduced.error();
    name = deduced.value();
  }
  if (name == "flame") {
    const std::string extension = Extension(output);
    if (extension == "pdf" || extension == "png") {
      return Bad(output, "a flame graph is an SVG file; name it .svg, or say --format graph for a call graph");
    }
  }
  if (const support::Status fits = CheckFileName(name, output); !fits) return fits.error();
  if (name == "graph") return ReportFormat{FormatFamily::kGraph, GraphFileType(output)};
  if (name == "holders") return ReportFormat{FormatFamily::kHolders, HoldersFileType(output)};
  for (const OutputFormat& known : OutputFormats()) {
    if (IsOfReports(known) && known.name == name) return ReportFormat{known.family, name};
  }
  return Bad("--format", "there is no format " + name + "; there are " + support::Join(ReportFormatNames()));
}

}  // namespace mqtrack::cli

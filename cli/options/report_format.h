// Which picture or table `mqtrack report` draws, from what the user said or from the name of the file.
#pragma once

#include <string>
#include <vector>

#include "cli/options/output_format.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

struct ReportFormat {
  FormatFamily family = FormatFamily::kTable;
  std::string name;  // of a call graph the file type: dot, svg, pdf, png; of holders json and pprof too
  /// True if the output is text that a terminal can show.
  [[nodiscard]] bool is_text() const { return name != "pdf" && name != "png" && name != "pprof"; }
};

/// The accepted values of --format, in the order of the help.
[[nodiscard]] std::vector<std::string> ReportFormatNames();

/// `format` empty: from the extension of `output`, where that says enough; no output at all means a text table. An
/// ".svg" can be two things, so it needs `format`. A name that says another format than `format` is an error.
[[nodiscard]] support::Result<ReportFormat> ChooseReportFormat(const std::string& format, const std::string& output);

}  // namespace mqtrack::cli

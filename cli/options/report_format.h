// Which picture or table `mqtrack report` draws, from what the user said or from the name of the file.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

enum class ReportKind { kFlame, kFolded, kGraph, kText, kJson };

struct ReportFormat {
  ReportKind kind = ReportKind::kText;
  std::string file_type;  // of a call graph: dot, svg, pdf, png
  /// True if the output is text that a terminal can show.
  [[nodiscard]] bool is_text() const { return file_type != "pdf" && file_type != "png"; }
};

/// The accepted values of --format, in the order of the help.
[[nodiscard]] const std::vector<std::string>& ReportFormatNames();

/// `format` empty: from the extension of `output`, where that says enough; no output at all means a text table. An
/// ".svg" can be two things, so it needs `format`. A name that says another format than `format` is an error.
[[nodiscard]] support::Result<ReportFormat> ChooseReportFormat(const std::string& format, const std::string& output);

}  // namespace mqtrack::cli

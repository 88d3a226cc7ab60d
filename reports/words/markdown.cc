#include "reports/words/markdown.h"

#include "libtrack/analysis/printable.h"

namespace mqtrack::reports {

std::string MarkdownCode(std::string_view text) {
  if (text.empty()) return {};
  std::string code = "`";
  for (const char c : analysis::Printable(text)) {
    if (c == '|') code += '\\';   // would end the table cell, even inside a code span
    code += c == '`' ? '\'' : c;  // would end the code span; in names it is never more than a quote
  }
  return code + "`";
}

std::string MarkdownText(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_[]<>|~#";
  std::string escaped;
  for (const char c : analysis::Printable(text)) {
    if (kMarkup.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace mqtrack::reports

#include "reports/words/github_command.h"

namespace mqtrack::reports {
namespace {

/// Escapes what would end a command, and in a property also what would end the property.
std::string Escape(std::string_view text, bool is_property) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '%':
        escaped += "%25";
        break;
      case '\r':
        escaped += "%0D";
        break;
      case '\n':
        escaped += "%0A";
        break;
      case ':':
        escaped += is_property ? "%3A" : ":";
        break;
      case ',':
        escaped += is_property ? "%2C" : ",";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string GithubCommand(const char* level, const std::string& file, std::int64_t line, const std::string& title,
                          std::string_view message) {
  std::string text = std::string("::") + level + " ";
  if (!file.empty()) {
    text += "file=" + Escape(file, true) + ",";
    if (line > 0) text += "line=" + std::to_string(line) + ",";
  }
  return text + "title=" + Escape(title, true) + "::" + Escape(message, false) + "\n";
}

}  // namespace mqtrack::reports

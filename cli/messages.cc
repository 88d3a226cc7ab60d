#include "cli/messages.h"

#include <cstdio>

#include "libtrack/support/ascii.h"

namespace mqtrack::cli {
namespace {

void PrintLine(std::string_view prefix, std::string_view text) {
  const std::string line = support::ForLocale(std::string(prefix) + OneLine(text) + '\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      line += ' ';
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      line += escaped;
    } else {
      line += c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

void Messages::Note(std::string_view text) const {
  if (!quiet) PrintLine("mqtrack: ", text);
}

void Messages::Warn(std::string_view text) const { PrintLine("mqtrack: warning: ", text); }

void PrintError(const support::Error& error) { PrintLine("mqtrack: ", error.ToString()); }

ExitCode ExitCodeFor(support::ErrorCode code) {
  switch (code) {
    case support::ErrorCode::kCannotMeasure:
      return kCannotMeasure;
    case support::ErrorCode::kBadInput:
    case support::ErrorCode::kNotFound:
    case support::ErrorCode::kSystem:
      return kBadUsage;
  }
  return kBadUsage;
}

}  // namespace mqtrack::cli

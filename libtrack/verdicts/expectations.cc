#include "libtrack/verdicts/expectations.h"

#include <algorithm>
#include <sstream>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::verdicts {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kSyntax[] = "is no expectation; one is: cache FUNCTION SIZE, such as cache PutInLru 64MiB";

/// `line` has a word in it, and is no comment.
Result<Expectation> ParseLine(const std::string& line, const std::string& where) {
  std::istringstream words(line);
  std::string kind, rest;
  words >> kind;
  std::getline(words, rest);
  const std::size_t end = rest.find_last_not_of(" \t\r");
  rest.resize(end == std::string::npos ? 0 : end + 1);
  const std::size_t blank = rest.find_last_of(" \t");  // the size is the last word: names of C++ have blanks
  const std::size_t begin = rest.find_first_not_of(" \t");
  if (kind != "cache" || blank == std::string::npos || begin > blank)
    return Error{ErrorCode::kBadInput, "\"" + analysis::Printable(line) + "\" " + kSyntax, where};
  std::string name = rest.substr(begin, blank - begin);
  name.resize(name.find_last_not_of(" \t") + 1);
  const Result<std::int64_t> bytes = support::ParseBytes(std::string_view(rest).substr(blank + 1));
  if (!bytes) return Error{ErrorCode::kBadInput, "\"" + analysis::Printable(line) + "\" " + kSyntax, where};
  Result<analysis::NamePattern> pattern = analysis::NamePattern::Parse(name, where);
  if (!pattern) return pattern.error();
  return Expectation{*std::move(pattern), *bytes};
}

}  // namespace

const Expectation* Expectations::Find(const std::string& function, const std::string& file) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Expectation& entry) {
    return entry.pattern.Matches(function) || entry.pattern.Matches(file);
  });
  return found == entries.end() ? nullptr : &*found;
}

Result<Expectations> ParseExpectations(std::string_view text, const std::string& where) {
  Expectations expectations;
  expectations.where = where;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    Result<Expectation> entry = ParseLine(line, where + ":" + std::to_string(number));
    if (!entry) return entry.error();
    entry->line = number;
    expectations.entries.push_back(*std::move(entry));
  }
  return expectations;
}

Result<Expectations> LoadExpectations(const std::string& path) {
  if (path.empty()) return Expectations{};
  constexpr std::uint64_t kMaxFileBytes = 4 << 20;
  const Result<std::string> text = support::ReadFile(path, kMaxFileBytes);
  if (!text) return text.error();
  return ParseExpectations(*text, path);
}

}  // namespace mqtrack::verdicts

#include "libtrack/support/ascii.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace mqtrack::support {
namespace {

constexpr std::pair<std::string_view, std::string_view> kReplaced[] = {
    {"\xC2\xB5", "u"},        // micro
    {"\xE2\x86\x92", "->"},   // arrow
    {"\xE2\x80\xA6", "..."},  // ellipsis
    {"\xC2\xA0", " "},        // blank that is not broken
    {"\xE2\x80\x93", "-"},    // dash
    {"\xE2\x80\x94", "-"},    // long dash
};

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string locale(value);
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::string ToAscii(std::string_view text) {
  std::string ascii;
  ascii.reserve(text.size());
  while (!text.empty()) {
    const auto known = std::find_if(std::begin(kReplaced), std::end(kReplaced),
                                    [text](const auto& entry) { return text.starts_with(entry.first); });
    if (known != std::end(kReplaced)) {
      ascii += known->second;
      text.remove_prefix(known->first.size());
      continue;
    }
    const bool is_ascii = static_cast<unsigned char>(text.front()) < 0x80;
    ascii += is_ascii ? text.front() : '?';
    do text.remove_prefix(1);
    while (!is_ascii && !text.empty() && IsContinuation(text.front()));
  }
  return ascii;
}

std::string ForLocale(std::string text) { return LocaleIsUtf8() ? text : ToAscii(text); }

}  // namespace mqtrack::support

#include "libtrack/http/request.h"

#include "libtrack/support/byte_text.h"

namespace mqtrack::http {

std::string_view Request::Header(const std::string& lower_case_name) const {
  const auto header = headers.find(lower_case_name);
  return header == headers.end() ? std::string_view() : std::string_view(header->second);
}

std::optional<std::string> Request::Query(const std::string& name) const {
  const auto value = query.find(name);
  return value == query.end() ? std::nullopt : std::optional(value->second);
}

std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = support::HexDigitValue(text[i + 1]), low = support::HexDigitValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size() == query.size() ? pair.size() : pair.size() + 1);
    const std::size_t equals = pair.find('=');
    const auto name = DecodePercent(pair.substr(0, equals), true);
    const auto value =
        DecodePercent(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (name && value && !name->empty()) pairs.emplace(*name, *value);
  }
  return pairs;
}

}  // namespace mqtrack::http

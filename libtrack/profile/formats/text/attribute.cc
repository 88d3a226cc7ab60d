#include "libtrack/profile/formats/text/attribute.h"

namespace mqtrack::profile {
namespace {

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<Attribute> ParseAttribute(std::string_view line) {
  const std::size_t sign = line.find('=');
  if (sign == std::string_view::npos || line.find('@') < sign) return std::nullopt;
  const Attribute attribute = {Trimmed(line.substr(0, sign)), Trimmed(line.substr(sign + 1))};
  return attribute.key.empty() ? std::nullopt : std::optional(attribute);
}

}  // namespace mqtrack::profile

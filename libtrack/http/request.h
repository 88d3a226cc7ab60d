// An HTTP request as it came, taken apart (RFC 9110, RFC 9112).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mqtrack::http {

struct Request {
  std::string method;                          // "GET"; any token
  std::string target;                          // as it was sent, with the query
  std::string path;                            // decoded; begins with '/'
  std::map<std::string, std::string> query;    // decoded; of a name that comes twice the first counts, as in Go
  std::map<std::string, std::string> headers;  // names in lower case; of a list sent in parts the first part
  std::string body;
  bool keeps_alive = true;

  /// Empty if there is none.
  [[nodiscard]] std::string_view Header(const std::string& lower_case_name) const;
  [[nodiscard]] std::optional<std::string> Query(const std::string& name) const;
};

/// "%41+b" becomes "A b"; nothing if an escape is malformed. `plus_is_blank`: as in a query.
[[nodiscard]] std::optional<std::string> DecodePercent(std::string_view text, bool plus_is_blank);

/// The pairs of "a=1&b=2"; those that are malformed are left out, as Go does.
[[nodiscard]] std::map<std::string, std::string> ParseQuery(std::string_view query);

}  // namespace mqtrack::http

// An HTTP answer, and its bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqtrack::http {

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // without Date, Content-Length and Connection
  std::string body;

  Response& Add(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// "Not Found".
[[nodiscard]] std::string_view StatusText(int status);

/// One sentence as text/plain, as net/http's Error answers.
[[nodiscard]] Response ErrorResponse(int status, const std::string& sentence);

/// Bytes to send. `with_body` false: of a HEAD request, whose answer has the length of the body only. Line breaks in
/// headers become blanks.
[[nodiscard]] std::string Serialise(const Response& response, bool with_body, bool keeps_alive);

}  // namespace mqtrack::http

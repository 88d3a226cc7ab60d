#include "libtrack/http/response.h"

#include <ctime>

namespace mqtrack::http {
namespace {

struct StatusRow {
  int status;
  std::string_view text;
};
constexpr StatusRow kStatusTexts[] = {
    {200, "OK"},
    {301, "Moved Permanently"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

/// RFC 9110, 5.6.7.
std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  // strftime's names follow the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char rest[64];
  (void)std::strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &parts);
  const std::string day = (parts.tm_mday < 10 ? "0" : "") + std::to_string(parts.tm_mday);
  return std::string(kDays[parts.tm_wday]) + ", " + day + " " + kMonths[parts.tm_mon] + " " + rest;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\n' || c == 0) c = ' ';
  }
  return text;
}

}  // namespace

std::string_view StatusText(int status) {
  for (const StatusRow& row : kStatusTexts) {
    if (row.status == status) return row.text;
  }
  return "Unknown";
}

Response ErrorResponse(int status, const std::string& sentence) {
  Response response{status, {}, sentence + "\n"};
  response.Add("Content-Type", "text/plain; charset=utf-8").Add("X-Content-Type-Options", "nosniff");
  return response;
}

std::string Serialise(const Response& response, bool with_body, bool keeps_alive) {
  std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(StatusText(response.status)) + "\r\n";
  for (const auto& [name, value] : response.headers) bytes += name + ": " + OneLine(value) + "\r\n";
  bytes += "Date: " + HttpDate() + "\r\n";
  if (response.status != 304) bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  if (!keeps_alive) bytes += "Connection: close\r\n";
  bytes += "\r\n";
  if (with_body) bytes += response.body;
  return bytes;
}

}  // namespace mqtrack::http

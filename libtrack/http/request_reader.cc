#include "libtrack/http/request_reader.h"

#include <algorithm>
#include <charconv>

namespace mqtrack::http {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kHttp = "http://", kHttps = "https://";

/// RFC 9110, 5.6.2.
bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool IsToken(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter); }
bool IsVisible(char c) { return c > ' ' && c < 0x7f; }
/// In a header's value.
bool IsValueCharacter(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f); }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

RequestReader::State RequestReader::Refuse(int status, std::string problem) {
  is_bad_ = true;
  status_ = status;
  problem_ = std::move(problem);
  return State::kBad;
}

RequestReader::State RequestReader::Feed(std::string_view bytes) {
  if (is_bad_) return State::kBad;
  buffer_ += bytes;
  return Advance();
}

RequestReader::State RequestReader::Next() {
  if (is_bad_) return State::kBad;
  request_ = {};
  has_head_ = is_version_1_0_ = false;
  body_bytes_ = 0;
  return Advance();
}

RequestReader::State RequestReader::Advance() {
  if (!has_head_) {
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    while (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
    const std::size_t end = buffer_.find(kEnd);
    if (end == std::string::npos || end > bounds_.head_bytes) {
      if (buffer_.size() <= bounds_.head_bytes) return State::kMore;
      const bool is_line = buffer_.find("\r\n") > bounds_.target_bytes;
      return is_line ? Refuse(414, "the request's target is too long") : Refuse(431, "the request's head is too long");
    }
    const State read = ReadHead(std::string_view(buffer_).substr(0, end));
    if (read == State::kBad) return read;
    buffer_.erase(0, end + kEnd.size());
    has_head_ = true;
  }
  if (buffer_.size() < body_bytes_) return State::kMore;
  request_.body = buffer_.substr(0, body_bytes_);
  buffer_.erase(0, body_bytes_);
  return State::kRequest;
}

RequestReader::State RequestReader::ReadHead(std::string_view head) {
  std::size_t end = head.find("\r\n");
  if (ReadRequestLine(head.substr(0, end)) == State::kBad) return State::kBad;
  std::size_t count = 0;
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    if (++count > bounds_.headers) return Refuse(431, "the request has too many headers");
    if (ReadHeader(head.substr(0, end)) == State::kBad) return State::kBad;
  }
  const std::string connection = LowerCase(request_.Header("connection"));
  request_.keeps_alive = is_version_1_0_ ? connection == "keep-alive" : connection.find("close") == std::string::npos;
  return ReadBodySize();
}

RequestReader::State RequestReader::ReadRequestLine(std::string_view line) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refuse(400, "malformed request line");
  request_.method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(request_.method)) return Refuse(400, "malformed method");
  if (!version.starts_with("HTTP/")) return Refuse(400, "malformed request line");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  is_version_1_0_ = version == "HTTP/1.0";
  return ReadTarget(line.substr(first + 1, last - first - 1));
}

RequestReader::State RequestReader::ReadTarget(std::string_view target) {
  if (target.size() > bounds_.target_bytes) return Refuse(414, "the request's target is too long");
  if (target.empty() || !std::all_of(target.begin(), target.end(), IsVisible)) return Refuse(400, "malformed target");
  for (const std::string_view scheme : {kHttp, kHttps}) {  // as proxies send it
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (target.front() != '/') return Refuse(400, "malformed target");
  request_.target = target;
  const std::size_t question = target.find('?');
  const auto path = DecodePercent(target.substr(0, question), false);
  if (!path || path->find('\0') != std::string::npos) return Refuse(400, "malformed escape in the path");
  request_.path = *path;
  if (question != std::string_view::npos) request_.query = ParseQuery(target.substr(question + 1));
  return State::kMore;
}

RequestReader::State RequestReader::ReadHeader(std::string_view line) {
  const std::size_t colon = line.find(':');
  // A blank before the colon, and a line that goes on in the next, have hidden requests in others.
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return Refuse(400, "malformed header");
  const std::string name = LowerCase(line.substr(0, colon));
  const std::string_view value = Trim(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), IsValueCharacter)) return Refuse(400, "malformed header " + name);
  const bool is_new = request_.headers.emplace(name, value).second;
  if (!is_new && (name == "host" || name == "content-length" || name == "transfer-encoding" || name == "origin")) {
    return Refuse(400, "the header " + name + " comes twice");
  }
  return State::kMore;
}

RequestReader::State RequestReader::ReadBodySize() {
  if (request_.headers.contains("transfer-encoding")) return Refuse(501, "a body must come with its length");
  // An empty one is that of a target without a server's name (RFC 9112, 3.2), which nobody can ask this server for.
  if (!is_version_1_0_ && request_.Header("host").empty()) return Refuse(400, "the header host is missing or empty");
  if (!request_.headers.contains("content-length")) return State::kMore;
  const std::string_view text = request_.Header("content-length");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), body_bytes_);
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number || end != text.data() + text.size()) return Refuse(400, "malformed content-length");
  if (error != std::errc() || body_bytes_ > bounds_.body_bytes) return Refuse(413, "the body is too long");
  return State::kMore;
}

}  // namespace mqtrack::http

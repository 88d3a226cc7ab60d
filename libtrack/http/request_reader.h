// Bytes of a connection become requests. Everything in them is hostile: each part has a bound, and what is not plainly
// one request is refused, since two readers of one stream must not disagree about where a request ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "libtrack/http/request.h"

namespace mqtrack::http {

struct RequestBounds {
  std::size_t target_bytes = 4 << 10;  // longer: 414
  std::size_t head_bytes = 16 << 10;   // request line and headers; longer: 431
  std::size_t headers = 100;           // more: 431
  std::size_t body_bytes = 64 << 10;   // longer: 413
};

/// Not thread-safe. Works on bytes in memory only.
class RequestReader {
 public:
  explicit RequestReader(RequestBounds bounds = {}) : bounds_(bounds) {}

  enum class State { kMore, kRequest, kBad };
  /// Takes more bytes of the connection. After kRequest, `request()` is complete, and bytes of the next one are kept:
  /// Next begins with them.
  State Feed(std::string_view bytes);
  /// Forgets the request that was read and looks at what came behind it.
  State Next();
  [[nodiscard]] Request& request() { return request_; }
  /// After kBad: the status to answer with before the connection is closed, and why.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// True while nothing of a request has come.
  [[nodiscard]] bool IsIdle() const { return buffer_.empty(); }

 private:
  State Advance();
  State Refuse(int status, std::string problem);
  State ReadHead(std::string_view head);
  State ReadRequestLine(std::string_view line);
  State ReadHeader(std::string_view line);
  State ReadTarget(std::string_view target);
  State ReadBodySize();

  RequestBounds bounds_;
  std::string buffer_;
  Request request_;
  bool has_head_ = false, is_bad_ = false, is_version_1_0_ = false;
  std::size_t body_bytes_ = 0;
  int status_ = 0;
  std::string problem_;
};

}  // namespace mqtrack::http

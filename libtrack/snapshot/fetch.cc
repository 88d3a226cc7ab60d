#include "libtrack/snapshot/fetch.h"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <memory>

namespace mqtrack::snapshot {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr long kConnectTimeoutSeconds = 10;
// Without a byte for this long the server is taken for dead. There is no limit in all: ?seconds=N may take long.
constexpr long kSilenceTimeoutSeconds = 120;
constexpr long kMostRedirects = 5;
constexpr char kHeapPath[] = "/debug/pprof/heap";

struct Body {
  std::string bytes;
  std::uint64_t limit = 0;
  bool too_large = false;
};

std::size_t Append(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<Body*>(user);
  const std::size_t bytes = size * count;
  body.too_large = bytes > body.limit - body.bytes.size();
  if (body.too_large) return 0;  // makes curl give up
  body.bytes.append(data, bytes);
  return bytes;
}

void SetProtocols(CURL* curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  ::curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

void Configure(CURL* curl, const std::string& url, Body& body, char* message) {
  ::curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  SetProtocols(curl);
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  ::curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilenceTimeoutSeconds);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, "mqtrack/" MQTRACK_VERSION);
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
}

// What a server says with an error is mostly one line of text; more is not for a one-line message.
std::string FirstLine(const std::string& body) {
  constexpr std::size_t kMost = 120;
  std::string line = body.substr(0, std::min(body.find_first_of("\r\n"), kMost));
  const bool readable = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return readable && !line.empty() && line[0] != '<' ? ": " + line : std::string();
}

Error Describe(CURLcode failure, const Body& body, const char* message, const std::string& url) {
  if (body.too_large) {
    return {ErrorCode::kBadInput, "the answer is larger than the " + std::to_string(body.limit) + " bytes accepted",
            url};
  }
  const std::string why = *message != '\0' ? message : ::curl_easy_strerror(failure);
  return {ErrorCode::kSystem, "no profile could be fetched: " + why + "; check that the service is up and serves pprof",
          url};
}

}  // namespace

bool IsUrl(const std::string& target) {
  return ::strncasecmp(target.c_str(), "http://", 7) == 0 || ::strncasecmp(target.c_str(), "https://", 8) == 0;
}

std::string ProfileUrl(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = url.find('/', host);
  if (url.find_first_of("?#", host) != std::string::npos) return url;
  if (path == std::string::npos) return url + kHeapPath;
  const std::string name = url.substr(path);
  if (name == "/" || name == "/debug/pprof" || name == "/debug/pprof/") return url.substr(0, path) + kHeapPath;
  return url;
}

Result<std::string> Fetch(const std::string& url, std::uint64_t limit_bytes) {
  static const CURLcode ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(ready == CURLE_OK ? ::curl_easy_init() : nullptr,
                                                    ::curl_easy_cleanup);
  if (!curl) return Error{ErrorCode::kSystem, "libcurl cannot be initialised", url};
  Body body;
  body.limit = limit_bytes;
  char message[CURL_ERROR_SIZE] = {};
  Configure(curl.get(), url, body, message);
  const CURLcode done = ::curl_easy_perform(curl.get());
  if (done != CURLE_OK) return Describe(done, body, message, url);
  long status = 0;
  ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return Error{ErrorCode::kBadInput,
                 "the server answered with status " + std::to_string(status) + FirstLine(body.bytes), url};
  }
  return std::move(body.bytes);
}

}  // namespace mqtrack::snapshot
